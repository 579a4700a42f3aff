/**
 * Goal: the packages of a release are what an app installs: npm's tarball and Python's wheel.
 * Method: both are made as the release makes them, installed without a registry into an empty
 * project and a fresh virtual environment, and record usage in the real API.
 */
import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { startTestApi } from '../support/api/api';
import type { TestApi } from '../support/api/api';
import { ROOT } from '../support/sdk/app-with-sdk';
import { findWheelBuilder } from '../support/sdk/python';

const LIMIT_MS = 300_000;

let api: TestApi;
/** Has what makes the wheel, and nothing of ours. */
let python: string;
let folder: string;
let app: string;

/** Rejects with what was printed. */
async function run(program: string, args: readonly string[], cwd = app): Promise<string> {
  const path = [dirname(python), process.env.PATH].join(delimiter);
  const keys = { TOLLKEEPER_URL: api.url, TOLLKEEPER_KEY: api.keys.ingest };
  const env = { ...process.env, ...keys, PATH: path };
  try {
    return (await promisify(execFile)(program, args, { cwd, env })).stdout;
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`${String(error)}\n${stdout}${stderr}`);
  }
}

beforeAll(async () => {
  python = await findWheelBuilder();
  api = await startTestApi();
  await api.addCustomer('ada');
  folder = mkdtempSync(join(tmpdir(), 'tollkeeper-packages-'));
  app = mkdtempSync(join(tmpdir(), 'tollkeeper-app-'));
  await run(process.execPath, [join('bin', 'packages', 'pack.js'), folder], ROOT);
}, LIMIT_MS);

afterAll(async () => {
  await api.close();
  for (const each of [folder, app]) rmSync(each, { recursive: true, force: true });
});

const write = (name: string, text: string) => writeFileSync(join(app, name), text);

/** What ends so, of what was packed. */
const packed = (ending: string) =>
  join(folder, readdirSync(folder).find((name) => name.endsWith(ending)) as string);

async function recorded(prefix: string): Promise<object[]> {
  const { rows } = await api.pool.query<object>(
    `select id, customer, model, input, output from usage_events
     where starts_with(id, $1) order by id`,
    [prefix],
  );
  return rows;
}
const asCounted = (id: string) => ({
  ...{ id, customer: 'ada', model: 'gpt-4o-mini', input: '1200', output: '300' },
});

const RECORD = (id: string) => `
  const tollkeeper = new TollkeeperClient({
    baseUrl: process.env.TOLLKEEPER_URL ?? '',
    apiKey: process.env.TOLLKEEPER_KEY ?? '',
  });
  async function record(): Promise<void> {
    const tokens = { input: 1200, output: 300 };
    await tollkeeper.recordUsage({ id: '${id}', customer: 'ada', model: 'gpt-4o-mini', tokens });
    await tollkeeper.close();
  }
  void record();`;
const RENDER = `
  import { createElement } from 'react';
  import { renderToString } from 'react-dom/server';
  import { TollkeeperProvider, Usage } from 'tollkeeper/react';
  const settings = { baseUrl: '/billing', getToken: () => 'token' };
  console.log(renderToString(createElement(TollkeeperProvider, settings, createElement(Usage))));`;

const asJavaScript = (text: string) => text.replace(': Promise<void>', '');

test(
  'npm installs the tarball into an empty project, where it is required, imported and typed',
  async () => {
    write('package.json', '{ "name": "app", "private": true }');
    const npm = ['install', '--offline', '--no-audit', '--no-fund', packed('.tgz')];
    await run('npm', npm);
    const names = readdirSync(join(app, 'node_modules')).filter((name) => !name.startsWith('.'));
    expect(names).toEqual(['tollkeeper']);

    const required = `const { TollkeeperClient } = require('tollkeeper/sdk');${RECORD('npm-cjs')}`;
    const imported = `import { TollkeeperClient } from 'tollkeeper/sdk';${RECORD('npm-esm')}`;
    write('app.cjs', asJavaScript(required));
    write('app.mjs', asJavaScript(imported));
    for (const name of ['app.cjs', 'app.mjs']) await run(process.execPath, [name]);
    expect(await recorded('npm-')).toEqual(['npm-cjs', 'npm-esm'].map(asCounted));

    // Components are in it, and React is the app's own: without it they are not asked for.
    for (const file of ['react/index.mjs', 'react/index.d.mts', 'react/styles.css'])
      expect(readdirSync(join(app, 'node_modules', 'tollkeeper', dirname(file)))).toContain(
        basename(file),
      );
    for (const name of ['react', 'react-dom', 'scheduler'])
      cpSync(join(ROOT, 'node_modules', name), join(app, 'node_modules', name), {
        recursive: true,
      });
    write('page.mjs', RENDER);
    expect(await run(process.execPath, ['page.mjs'])).toContain('One moment');

    const refused = `
      // @ts-expect-error: tokens are numbers.
      void tollkeeper.recordUsage({ customer: 'ada', model: 'm', tokens: { input: '1' } });`;
    write('typed.mts', imported + refused);
    write('typed.cts', imported + refused);
    // Our own declarations are checked, too: an app has no other package for them.
    const tsc = [join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc'), '--strict', '--noEmit'];
    const types = ['--types', 'node', '--typeRoots', join(ROOT, 'node_modules', '@types')];
    const node = ['--target', 'es2022', '--module', 'nodenext', '--lib', 'es2023'];
    await run(process.execPath, [...tsc, ...types, ...node, 'typed.mts', 'typed.cts']);
  },
  LIMIT_MS,
);

test(
  'pip installs the wheel into a fresh environment, where it is imported and typed',
  async () => {
    await run('python3', ['-m', 'venv', 'venv']);
    const inside = join(app, 'venv', process.platform === 'win32' ? 'Scripts' : 'bin', 'python');
    const pip = ['-m', 'pip', 'install', '--quiet', '--no-index', '--disable-pip-version-check'];
    await run(inside, [...pip, packed('.whl')]);
    write(
      'app.py',
      `from pathlib import Path
import tollkeeper
assert Path(tollkeeper.__file__).with_name("py.typed").exists()
with tollkeeper.Tollkeeper() as client:
    tokens = tollkeeper.Tokens(input=1200, output=300)
    client.record(tollkeeper.UsageEvent("ada", "gpt-4o-mini", tokens, "pip-1"))
    client.flush(30)
`,
    );
    await run(inside, ['app.py']);
    expect(await recorded('pip-')).toEqual([asCounted('pip-1')]);
  },
  LIMIT_MS,
);

test('each has the licence', async () => {
  const licence = readFileSync(join(ROOT, 'LICENSE'), 'utf8');
  const unzip = 'import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); ';
  const find = 'n = next(n for n in z.namelist() if n.endswith("/LICENSE")); ';
  const ofWheel = `${unzip}${find}sys.stdout.write(z.read(n).decode())`;
  expect(await run('python3', ['-c', ofWheel, packed('.whl')])).toBe(licence);
  expect(await run('tar', ['-xzOf', packed('.tgz'), 'package/LICENSE'])).toBe(licence);
});
