/** A clone of this repository, as a newcomer has it, with the stack running as the README says. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StackInfo } from '../../../src/cli/development/development';
import { readStackInfo } from '../../../src/cli/development/development';
import { LEADING_AWAY } from './development-stack';
import { eventually } from './eventually';

const ROOT = join(__dirname, '..', '..', '..');
const START_LIMIT_MS = 240_000;
export interface Newcomer {
  readonly clone: string;
  readonly info: StackInfo;
  /** Runs a block in bash; throws with all that it printed unless it ends well. */
  run(code: string, more?: { folder?: string; variables?: Variables }): Promise<string>;
  end(): Promise<void>;
}

type Variables = Readonly<Record<string, string>>;

/** `start` is the README's own block: it clones, and starts the stack. */
export async function startNewcomer(start: string, environment: Variables): Promise<Newcomer> {
  const folder = mkdtempSync(join(tmpdir(), 'tollkeeper-newcomer-'));
  const clone = join(folder, 'tollkeeper');
  // The packages are those of this checkout: npm would take a minute to fetch the same.
  const packages = `cp -al "${ROOT}/node_modules" . && touch node_modules/.package-lock.json`;
  const program = startBash(
    start.replace('REPOSITORY', ROOT).replace(/^npm start$/m, `${packages}\nnpm start`),
    folder,
    environment,
  );
  const info = await eventually(
    async () => {
      if (program.child.exitCode !== null) throw new Error(program.output());
      return program.output().includes('Ctrl-C stops it')
        ? readStackInfo(join(clone, '.dev', 'stack.json'))
        : undefined;
    },
    (read) => read !== undefined,
    START_LIMIT_MS,
  );
  const stack = info as StackInfo;
  const variables = {
    TOLLKEEPER: stack.apiUrl,
    TOLLKEEPER_URL: stack.apiUrl,
    TOLLKEEPER_KEY: stack.adminKey,
    ADMIN_KEY: stack.adminKey,
    INGEST_KEY: stack.ingestKey,
  };
  return {
    clone,
    info: stack,
    run: async (code, more = {}) => {
      const { child, output } = startBash(`${STRICT}\n${code}`, more.folder ?? clone, {
        ...variables,
        ...more.variables,
      });
      const [status] = (await once(child, 'close')) as [number];
      if (status !== 0) throw new Error(`${code}\nended with ${status}:\n${output()}`);
      return output();
    },
    end: async () => {
      process.kill(stack.pid, 'SIGINT');
      if (program.child.exitCode === null) await once(program.child, 'close');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A reader sees that an answer is an error; a test has to be told. */
const STRICT = `set -euo pipefail
curl() { command curl --silent --show-error --fail-with-body "$@"; }`;

function startBash(
  code: string,
  cwd: string,
  variables: Variables,
): { readonly child: ChildProcess; output(): string } {
  const own = Object.entries(process.env).filter(([name]) => !LEADING_AWAY.test(name));
  const child = spawn('bash', ['-c', code], {
    cwd,
    env: { ...Object.fromEntries(own), ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (data: Buffer) => (output += data.toString()));
  return { child, output: () => output };
}
