/** `npm run dev` as a developer starts it: as a program of its own, in a folder of its own. */
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { StackInfo } from '../../../src/cli/development/development';
import { readStackInfo } from '../../../src/cli/development/development';
import { commandOf } from '../../../src/dev/processes/process-identity';
import { eventually } from './eventually';

const START_LIMIT_MS = 120_000;
const PROGRAM = join(__dirname, '..', '..', '..', 'bin', 'tollkeeper.js');
/** Set by whoever runs the tests, these would lead away from the stack's own parts. */
export const LEADING_AWAY =
  /^(DATABASE_URL|TEMPORAL_ADDRESS|STRIPE_|SMTP_|MAIL_|NOTIFICATION_|PORT$|PUBLIC_URL|OTEL_)/;

export interface DevelopmentStack {
  readonly info: StackInfo;
  readonly output: () => string;
  /** The pids of the children, by name, as recorded now. */
  pids(): Promise<Record<string, number>>;
  /** Sends the signal and waits for the end; the exit code, or the signal that ended it. */
  end(signal: NodeJS.Signals): Promise<number | NodeJS.Signals | null>;
}

export interface DevelopmentProgram extends Omit<DevelopmentStack, 'info'> {
  readonly pid: number | undefined;
  isEnded(): boolean;
}

/** `environment`: besides what this process has. */
export function startProgram(
  dir: string,
  options: readonly string[] = [],
  environment: Readonly<Record<string, string>> = {},
): DevelopmentProgram {
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !LEADING_AWAY.test(name)),
  );
  const child = spawn(process.execPath, [PROGRAM, 'dev', '--dir', dir, ...options], {
    env: { ...env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let isEnded = false;
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const ended = new Promise<number | NodeJS.Signals | null>((resolve) =>
    child.once('exit', (code, signal) => {
      isEnded = true;
      resolve(code ?? signal);
    }),
  );
  return {
    pid: child.pid,
    isEnded: () => isEnded,
    output: () => output,
    pids: () => pidsIn(dir),
    end: (signal) => {
      child.kill(signal);
      return ended;
    },
  };
}

export async function startDevelopmentStack(
  dir: string,
  options: readonly string[] = [],
  environment: Readonly<Record<string, string>> = {},
): Promise<DevelopmentStack> {
  const program = startProgram(dir, options, environment);
  const info = await eventually(
    async () => {
      if (program.isEnded()) return undefined;
      const read = await readStackInfo(join(dir, 'stack.json'));
      return read.pid === program.pid ? read : null;
    },
    (read) => read !== null,
    START_LIMIT_MS,
  );
  if (info) return { ...program, info };
  throw new Error(`npm run dev ended while it was starting:\n${program.output()}`);
}

async function pidsIn(dir: string): Promise<Record<string, number>> {
  const { children } = JSON.parse(await readFile(join(dir, 'processes.json'), 'utf8')) as {
    children: Record<string, { pid: number }>;
  };
  return Object.fromEntries(Object.entries(children).map(([name, { pid }]) => [name, pid]));
}

/** Those of the pids that still run. */
export async function running(pids: Readonly<Record<string, number>>): Promise<string[]> {
  const commands = await Promise.all(
    Object.entries(pids).map(async ([name, pid]) => ((await commandOf(pid)) ? [name] : [])),
  );
  return commands.flat();
}
