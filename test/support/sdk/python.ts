/**
 * Python with the real clients of providers, installed once for each list of them, and how tests
 * run it on the SDK as it is in this checkout.
 */
import { createHash } from 'node:crypto';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildOnce, cacheFolder } from '../../../src/dev/cache';
import { readDevEnvironment } from '../../../src/dev/environment';
import { ROOT } from './app-with-sdk';

export const PYTHON_SDK = join(ROOT, 'sdk', 'python');
const BIN = process.platform === 'win32' ? 'Scripts' : 'bin';

type Variables = Readonly<Record<string, string>>;

/** With the clients of the set, as test/support/clients pins them. */
export function findPython(set: 'newest' | 'before' = 'newest'): Promise<string> {
  const constraints = join(__dirname, '..', 'clients', set, 'constraints.txt');
  const texts = [join(PYTHON_SDK, 'pyproject.toml'), constraints].map((file) =>
    readFileSync(file, 'utf8'),
  );
  return pythonWith(`the ${set} clients that the SDK for Python meters`, texts, (pip) => {
    // What is installed is built of a copy: building leaves files behind.
    const source = mkdtempSync(join(tmpdir(), 'tollkeeper-python-'));
    cpSync(PYTHON_SDK, source, { recursive: true });
    return pip([`${source}[test]`, '--constraint', constraints]).finally(() =>
      rmSync(source, { recursive: true, force: true }),
    );
  });
}

/** What makes the wheel, and no client of a provider. */
export const findWheelBuilder = (): Promise<string> => {
  const packages = ['build>=1.2', 'hatchling>=1.25'];
  return pythonWith('what builds the wheel', packages, (pip) => pip(packages));
};

type Pip = (args: readonly string[]) => Promise<unknown>;

/** Installed once for each `wanted`, of all clones of this user. */
export async function pythonWith(
  what: string,
  wanted: unknown,
  install: (pip: Pip) => Promise<unknown>,
): Promise<string> {
  const name = createHash('sha256').update(JSON.stringify(wanted)).digest('hex').slice(0, 12);
  const path = join(cacheFolder(readDevEnvironment()), `python-${name}`);
  await buildOnce(path, report, async (temporary) => {
    report(`Installing ${what} …`);
    await run('python3', ['-m', 'venv', temporary]);
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'];
    await install((args) => run(join(temporary, BIN, 'python'), [...pip, ...args]));
  });
  return join(path, BIN, 'python');
}

/** Throws with all that was printed unless it ends well. */
export function runPython(
  python: string,
  args: readonly string[],
  variables: Variables = {},
): Promise<string> {
  // The checkout comes before what was installed.
  return run(python, args, { PYTHONPATH: join(PYTHON_SDK, 'src'), ...variables });
}

async function run(program: string, args: readonly string[], variables: Variables = {}) {
  const child = spawn(program, args, {
    cwd: PYTHON_SDK,
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1', ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  const [status] = (await once(child, 'close')) as [number | null];
  if (status === 0) return output;
  throw new Error(`${program} ${args.join(' ')} ended with ${status}:\n${output}`);
}

const report = (line: string): void => void process.stderr.write(`${line}\n`);
