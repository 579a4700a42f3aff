/**
 * Goal: TypeScript takes the real clients for what our meters meter, and they keep their types.
 * Method: an app in strict mode of each list of clients is checked with the SDK's own declarations,
 * by each way in which TypeScript finds packages.
 */
import { execFile } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { CLIENT_SETS, installClients } from '../support/clients/install';
import type { ClientSet } from '../support/clients/install';
import { programOf } from '../support/clients/wrapped';
import { appWithSdk, ROOT } from '../support/sdk/app-with-sdk';

const LIMIT_MS = 600_000;
const TSC = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
/** What is within a client is not ours to check; what the SDK declares is (installed.test.ts). */
const STRICT = ['--strict', '--exactOptionalPropertyTypes', '--noEmit', '--skipLibCheck'];
const NODE = ['--target', 'es2022', '--lib', 'es2023', '--types', 'node', '--esModuleInterop'];

/** By the file that is checked. */
const RESOLUTIONS = {
  'app.mts': ['--module', 'node16'],
  'app.cts': ['--module', 'nodenext'],
  'app.ts': ['--module', 'esnext', '--moduleResolution', 'bundler'],
};

let sdk: string;
const folders: string[] = [];

beforeAll(async () => {
  sdk = appWithSdk([]);
  folders.push(sdk);
  for (const set of CLIENT_SETS) await installClients(set);
}, LIMIT_MS);

afterAll(() => {
  for (const each of folders) rmSync(each, { recursive: true, force: true });
});

/** An app that has the set's clients, and a program that wraps each of them. */
async function appOf(set: ClientSet): Promise<string> {
  const installed = await installClients(set);
  const app = mkdtempSync(join(tmpdir(), `tollkeeper-${set}-`));
  folders.push(app);
  cpSync(join(sdk, 'node_modules'), join(app, 'node_modules'), { recursive: true });
  const { dependencies } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  for (const name of [...Object.keys(dependencies), '@types/node']) {
    const link = join('node_modules', name);
    mkdirSync(dirname(join(app, link)), { recursive: true });
    symlinkSync(join(installed, link), join(app, link), 'junction');
  }
  const program = programOf(Object.keys(dependencies));
  for (const file of Object.keys(RESOLUTIONS)) writeFileSync(join(app, file), program);
  return app;
}

/** What TypeScript has against it. */
async function complaints(app: string, args: readonly string[]): Promise<string> {
  const tsc = [TSC, ...STRICT, ...NODE, ...args];
  return promisify(execFile)(process.execPath, tsc, { cwd: app }).then(
    ({ stdout }) => stdout,
    ({ stdout, stderr }: { stdout: string; stderr: string }) => stdout + stderr,
  );
}

test.each(CLIENT_SETS)(
  'an app in TypeScript wraps the clients that are %s, and each keeps its type',
  async (set) => {
    const app = await appOf(set);
    const checked = await Promise.all(
      Object.entries(RESOLUTIONS).map(([file, args]) => complaints(app, [...args, file])),
    );
    expect(checked).toEqual(['', '', '']);
  },
  LIMIT_MS,
);
