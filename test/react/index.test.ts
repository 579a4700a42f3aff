/**
 * Goal: what an app installs renders on a server, where no window is, and says so to bundlers.
 * Method: the package is built into a temporary app with React, and rendered there by Node.
 */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { appWithSdk, ROOT, runIn } from '../support/sdk/app-with-sdk';

let app: string;
beforeAll(() => {
  app = appWithSdk(['react', 'react-dom', 'scheduler', '@types/react', 'csstype']);
}, 120_000);
afterAll(() => rmSync(app, { recursive: true, force: true }));

const run = (args: readonly string[]) => runIn(app, args);

const write = (name: string, text: string) => writeFileSync(join(app, name), text);

const RENDERED = `
  let asked = 0;
  globalThis.fetch = () => { asked += 1; };
  const page = (children) => createElement(
    TollkeeperProvider,
    { baseUrl: 'https://bill.example.com', getToken: () => { asked += 1; return 't'; } },
    children,
  );
  const html = renderToString(page([Usage, Plans, Invoices].map((part, key) =>
    createElement(part, { key, className: 'ours' }))));
  console.log(JSON.stringify({ asked, html }));`;

test.each([
  [
    'imported',
    'mjs',
    `import { createElement } from 'react';
     import { renderToString } from 'react-dom/server';
     import { Invoices, Plans, TollkeeperProvider, Usage } from 'tollkeeper/react';`,
  ],
  [
    'required',
    'cjs',
    `const { createElement } = require('react');
     const { renderToString } = require('react-dom/server');
     const { Invoices, Plans, TollkeeperProvider, Usage } = require('tollkeeper/react');`,
  ],
])('%s on a server, it renders that it waits, and asks for nothing', (_how, kind, imports) => {
  write(`render.${kind}`, imports + RENDERED);
  const { asked, html } = JSON.parse(run([`render.${kind}`])) as { asked: number; html: string };
  expect(asked).toBe(0);
  expect(html.match(/<section class="tollkeeper ours"/g)).toHaveLength(3);
  expect(html.match(/One moment/g)).toHaveLength(3);
});

test('imported and required it is the same, so that an app has one provider', () => {
  write(
    'same.mjs',
    `import { createRequire } from 'node:module';
     import { Usage, useUsage } from 'tollkeeper/react';
     const required = createRequire(import.meta.url)('tollkeeper/react');
     console.log(Usage === required.Usage, useUsage === required.useUsage);`,
  );
  expect(run(['same.mjs'])).toBe('true true');
});

test('outside of its provider, a component says what is missing', () => {
  write(
    'outside.mjs',
    `import { createElement } from 'react';
     import { renderToString } from 'react-dom/server';
     import { Usage } from 'tollkeeper/react';
     try { renderToString(createElement(Usage)); } catch (error) { console.log(error.message); }`,
  );
  expect(run(['outside.mjs'])).toContain('expected <TollkeeperProvider>');
});

test.each(['mts', 'cts'])('its types are found from .%s', (kind) => {
  write(
    `typed.${kind}`,
    `import { createElement } from 'react';
     import { TollkeeperProvider, Usage, usePlans, useUsage } from 'tollkeeper/react';
     import type { ChangePrice } from 'tollkeeper/react';
     export function Own() {
       const { data, error, isLoading, refresh } = useUsage({ period: 'previous' });
       const used: number | undefined = data?.billing?.usedTokens;
       const price: Promise<ChangePrice> = usePlans().preview('pro');
       void [used, price, error?.code, isLoading, refresh];
       return createElement(Usage, { period: 'current' });
     }
     createElement(TollkeeperProvider, { baseUrl: '/billing', getToken: async () => 'token' });
     // @ts-expect-error: a token is asked for.
     createElement(TollkeeperProvider, { baseUrl: '/billing' });`,
  );
  const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
  const node = ['--target', 'es2022', '--module', 'nodenext', '--lib', 'es2023,dom'];
  // Declarations of ours are checked, too.
  run([tsc, '--strict', '--noEmit', '--types', 'react', ...node, `typed.${kind}`]);
});

const firstStatement = (path: string) =>
  /^(?:\/\*\*.*?\*\/\s*)?(.*)/s.exec(readFileSync(path, 'utf8'))?.[1]?.split('\n')[0];

test('whatever draws says that it is for browsers, before all else', () => {
  const built = join(app, 'node_modules', 'tollkeeper', 'react');
  const files = readdirSync(built).filter((name) => /\.m?js$/.test(name));
  expect(files.length).toBeGreaterThan(8);
  for (const name of files)
    expect([name, firstStatement(join(built, name))]).toEqual([...[name, "'use client';"]]);
});
