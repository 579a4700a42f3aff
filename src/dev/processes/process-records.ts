/**
 * .dev/processes.json: which processes the stack started, so that the next start can end what a
 * killed one left behind, and a second stack on the same folder is refused.
 */
import { join } from 'node:path';
import type { Progress } from '../cache';
import { commandOf, endProcess } from './process-identity';
import { readJson, writeJson } from '../state-files';

const GRACE_MS = 10_000;

export interface ProcessRecord {
  readonly pid: number;
  readonly command: string;
  readonly stopSignal: NodeJS.Signals;
}

interface Content {
  readonly stack: ProcessRecord | undefined;
  readonly children: Readonly<Record<string, ProcessRecord>>;
}

export interface ProcessRecords {
  set(name: string, pid: number, stopSignal?: NodeJS.Signals): Promise<void>;
  remove(name: string): Promise<void>;
  /** The pid of each that runs now, by its name. */
  pids(): Readonly<Record<string, number>>;
  /** Nothing of this stack runs any more. */
  clear(): Promise<void>;
}

export async function claimFolder(dir: string, progress: Progress): Promise<ProcessRecords> {
  const file = join(dir, 'processes.json');
  const earlierContent = await readJson<Content>(file);
  await refuseSecondStack(dir, earlierContent?.stack);
  await endLeftovers(earlierContent?.children ?? {}, progress);
  const children: Record<string, ProcessRecord> = {};
  const stack = await recordOf(process.pid, 'SIGTERM');
  let lastWrite = Promise.resolve();
  // One write after the other, so that the last one holds the last state.
  const save = () =>
    (lastWrite = lastWrite.catch(() => undefined).then(() => writeJson(file, { stack, children })));
  await save();
  return {
    set: async (name, pid, stopSignal = 'SIGTERM') => {
      children[name] = await recordOf(pid, stopSignal);
      await save();
    },
    remove: async (name) => {
      delete children[name];
      await save();
    },
    pids: () => Object.fromEntries(Object.entries(children).map(([name, { pid }]) => [name, pid])),
    clear: async () => {
      await lastWrite;
      await writeJson(file, { children: {} });
    },
  };
}

const recordOf = async (pid: number, stopSignal: NodeJS.Signals): Promise<ProcessRecord> => ({
  pid,
  command: (await commandOf(pid)) ?? '',
  stopSignal,
});

/** The same process, not another that has got its pid since. */
const isRunning = async ({ pid, command }: ProcessRecord): Promise<boolean> =>
  command !== '' && (await commandOf(pid)) === command;

async function refuseSecondStack(dir: string, stack: ProcessRecord | undefined): Promise<void> {
  if (!stack || stack.pid === process.pid || !(await isRunning(stack))) return;
  throw new Error(
    `A stack (pid ${stack.pid}) is already running in ${dir}: stop it with Ctrl-C first, ` +
      'or use what it wrote to stack.json.',
  );
}

async function endLeftovers(
  children: Readonly<Record<string, ProcessRecord>>,
  progress: Progress,
): Promise<void> {
  // The last ones first: they use what was started before them.
  for (const [name, record] of Object.entries(children).reverse()) {
    if (!(await isRunning(record))) continue;
    progress(`Ending ${name} (pid ${record.pid}), left by a stack that was killed`);
    await endProcess(record.pid, record.stopSignal, GRACE_MS);
  }
}
