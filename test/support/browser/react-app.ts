/**
 * An app with the installed components in its own page, bundled as apps are, and its server's route
 * that asks for a customer's token by a key.
 */
import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import express from 'express';
import { appWithSdk, ROOT } from '../sdk/app-with-sdk';

export interface ReactApp {
  readonly url: string;
  /** Tokens that its page has asked for. */
  readonly tokens: string[];
  /** How each token is made from then on. */
  giveTokens(make: () => Promise<string>): void;
  close(): Promise<void>;
}

/** As a guide would have it. `window.BILLING` is where the API is. */
const ENTRY = `
  import { createRoot } from 'react-dom/client';
  import { createElement } from 'react';
  import { Invoices, Plans, TollkeeperProvider, Usage } from 'tollkeeper/react';
  import 'tollkeeper/react/styles.css';

  async function getToken() {
    const response = await fetch('/token', { method: 'POST' });
    if (!response.ok) throw new Error('no token: ' + response.status);
    return (await response.json()).token;
  }
  const baseUrl = new URLSearchParams(location.search).get('api');
  createRoot(document.getElementById('root')).render(
    createElement(TollkeeperProvider, { baseUrl, getToken },
      createElement(Usage), createElement(Plans), createElement(Invoices)),
  );
`;
const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width" />
    <title>Billing</title>
    <style>
      :root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
      body { max-width: 50rem; margin: 0 auto; padding: 1rem; }
    </style>
  </head>
  <body><main><h1>Billing</h1><div id="root"></div></main>
  <script type="module" src="/entry.jsx"></script></body>
</html>`;

export async function startReactApp(): Promise<ReactApp> {
  const folder = appWithSdk(['react', 'react-dom', 'scheduler']);
  bundle(folder);
  const tokens: string[] = [];
  let make = async (): Promise<string> => {
    throw new Error('No token is to be given yet');
  };
  const app = express();
  app.post('/token', async (_request, response) => {
    const token = await make();
    tokens.push(token);
    response.json({ token });
  });
  app.use(express.static(join(folder, 'built')));
  const server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    tokens,
    giveTokens: (maker) => void (make = maker),
    close: async () => {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A process of its own: within a test no ES module can be loaded. */
function bundle(folder: string): void {
  writeFileSync(join(folder, 'index.html'), PAGE);
  writeFileSync(join(folder, 'entry.jsx'), ENTRY);
  const vite = join(ROOT, 'node_modules', 'vite', 'bin', 'vite.js');
  const args = [vite, 'build', '--logLevel', 'error', '--outDir', 'built'];
  const { status, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
  if (status !== 0) throw new Error(`The app was not bundled: ${stderr}`);
}
