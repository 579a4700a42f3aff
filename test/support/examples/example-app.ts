/** The apps of `examples/`, installed once by what they pin, and run as their READMEs say. */
import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { buildOnce, cacheFolder } from '../../../src/dev/cache';
import { readDevEnvironment } from '../../../src/dev/environment';
import { freePort } from '../../../src/dev/free-port';
import { npmCi } from '../clients/install';
import { ROOT } from '../sdk/app-with-sdk';
import { PYTHON_SDK, pythonWith } from '../sdk/python';
import { eventually } from '../stack/eventually';

const EXAMPLES = join(ROOT, 'examples');
const START_MS = 240_000;
const PINNED = ['package.json', 'package-lock.json', '.npmrc'];
/** What running an example leaves in its folder. */
const MADE = /(^|[\\/])(node_modules|\.next|\.venv|__pycache__|usage-spool|next-env\.d\.ts)$/;

type Variables = Readonly<Record<string, string>>;

export interface ExampleApp {
  readonly url: string;
  stop(): Promise<void>;
}

/** Python with what the examples in Python pin; our own package is this checkout's. */
export async function findExamplesPython(): Promise<string> {
  const files = ['fastapi-anthropic', 'litellm-proxy'].map((name) =>
    join(EXAMPLES, name, 'requirements.txt'),
  );
  const texts = await Promise.all(files.map((file) => readFile(file, 'utf8')));
  return pythonWith('the examples in Python', texts, (pip) =>
    pip(files.flatMap((file) => ['-r', file])),
  );
}

/** The folder in which an example's copy is run: beside its packages, so that they are linked. */
export async function copyExample(name: string): Promise<string> {
  const cache = cacheFolder(readDevEnvironment());
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(join(cache, `run-${name}-`));
  const filter = (path: string) => !MADE.test(path);
  await cp(join(EXAMPLES, name), folder, { recursive: true, filter });
  return folder;
}

/** The packages of the lock file, and the SDK as it is in this checkout. */
export async function installForNode(name: string, folder: string): Promise<void> {
  const installed = await packagesOf(name);
  const packages = join(folder, 'node_modules');
  await promisify(execFile)('cp', ['-al', join(installed, 'node_modules'), packages]);
  await rm(join(packages, 'tollkeeper'), { recursive: true });
  await buildSdk(join(packages, 'tollkeeper'));
}

async function packagesOf(name: string): Promise<string> {
  const texts = await Promise.all(
    PINNED.map((file) => readFile(join(EXAMPLES, name, file), 'utf8')),
  );
  const hash = createHash('sha256').update(texts.join('')).digest('hex').slice(0, 12);
  const path = join(cacheFolder(readDevEnvironment()), `example-${hash}`);
  await buildOnce(path, report, async (root) => {
    report(`Installing the packages of examples/${name} …`);
    const folder = join(root, 'examples', name);
    await mkdir(folder, { recursive: true });
    for (const file of PINNED) await cp(join(EXAMPLES, name, file), join(folder, file));
    await buildSdk(join(root, 'dist', 'sdk'));
    await npmCi(folder);
  });
  return join(path, 'examples', name);
}

const buildSdk = (folder: string) =>
  promisify(execFile)(process.execPath, [join(ROOT, 'bin', 'build-sdk.js'), folder]);

/** Resolves when it answers at `path`. `args` are told the port. */
export async function startExample(
  program: string,
  args: (port: string) => readonly string[],
  { folder, path, variables }: { folder: string; path: string; variables: Variables },
): Promise<ExampleApp> {
  const port = await freePort();
  const child = spawn(program, args(String(port)), {
    cwd: folder,
    env: { ...process.env, PYTHONPATH: join(PYTHON_SDK, 'src'), ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  const url = `http://127.0.0.1:${port}`;
  const stop = async () => {
    const ended = child.exitCode === null && once(child, 'exit');
    child.kill('SIGTERM');
    await ended;
    await rm(folder, { recursive: true, force: true });
  };
  const status = async () => {
    if (child.exitCode !== null) return child.exitCode;
    return (await fetch(url + path)).status;
  };
  const isDecided = (code: number) => code < 100 || code === 200;
  const seen = await eventually(status, isDecided, START_MS).catch(String);
  if (seen !== 200) {
    await stop();
    throw new Error(`${program} did not start (${seen}):\n${output}`);
  }
  return { url, stop };
}

const report = (line: string): void => void process.stderr.write(`${line}\n`);
