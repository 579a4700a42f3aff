/** Real clients of providers, installed from the registry once for each list of them. */
import { createHash } from 'node:crypto';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildOnce, cacheFolder } from '../../../src/dev/cache';
import { readDevEnvironment } from '../../../src/dev/environment';

/** Each is a folder here, with what is installed and its lock file. */
export const CLIENT_SETS = ['newest', 'before', 'older'] as const;
export type ClientSet = (typeof CLIENT_SETS)[number];

const FILES = ['package.json', 'package-lock.json'];
const NPM_CI = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
/** What is imported from here is looked for here. */
const LOADER = 'export const load = (name) => import(name);\n';

/** The folder; it is shared by all clones of this user. Throws where npm can't install it. */
export async function installClients(set: ClientSet): Promise<string> {
  const source = join(__dirname, set);
  const texts = await Promise.all(FILES.map((file) => readFile(join(source, file), 'utf8')));
  const name = createHash('sha256').update(texts.join('')).digest('hex').slice(0, 12);
  const path = join(cacheFolder(readDevEnvironment()), `clients-${name}`);
  return buildOnce(path, report, async (folder) => {
    report(`Installing the ${set} clients of providers …`);
    await mkdir(folder, { recursive: true });
    for (const file of FILES) await cp(join(source, file), join(folder, file));
    await npmCi(folder);
    await writeFile(join(folder, 'load.mjs'), LOADER);
  });
}

/** Exactly what the lock file in the folder says. */
export const npmCi = (folder: string): Promise<void> => npm(NPM_CI, folder);

async function npm(args: readonly string[], cwd: string): Promise<void> {
  const shell = process.platform === 'win32';
  const child = spawn('npm', args, { cwd, shell, stdio: ['ignore', 'ignore', 'pipe'] });
  let output = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output += text));
  const [status] = (await once(child, 'close')) as [number | null];
  if (status !== 0) throw new Error(`npm ${args.join(' ')} ended with ${status}:\n${output}`);
}

const report = (line: string): void => void process.stderr.write(`${line}\n`);
