/**
 * `tollkeeper cluster`: the stack as in production, several of each, on this machine until Ctrl-C.
 */
import { join } from 'node:path';
import Table from 'cli-table3';
import { demoTable } from '../../demo/run-demo';
import { loadConfig } from '../../config';
import type { SeenProcess } from '../../dev/stack';
import type { ClusterShape } from '../../dev/stack-context';
import { loadCatalog } from '../../stripe/catalog-file';
import { leaveAfter, untilStopped } from '../terminal/until-stopped';
import { summary } from './dev';
import { startDevelopment } from './development';
import type { Development } from './development';
import { play, verdict } from './start';

const GRACE_MS = 60_000;

/** Two of each service of Temporal, and three of ours: any one may go, and enough are left. */
export const WHOLE: ClusterShape = {
  temporal: { frontend: 2, history: 2, matching: 2, worker: 1 },
  ...{ apis: 3, workers: 3 },
};
/** The least in which another one takes over. */
export const SMALL: ClusterShape = {
  temporal: { frontend: 1, history: 2, matching: 1, worker: 1 },
  ...{ apis: 2, workers: 2 },
};

export interface ClusterOptions {
  readonly dir: string;
  readonly reset?: boolean;
  readonly small?: boolean;
  /** Two months of billing are played on it. */
  readonly play?: boolean;
  /** It stops once they are played; the exit code tells whether all of it was right. */
  readonly once?: boolean;
}

export async function cluster(options: ClusterOptions): Promise<void> {
  const startedAt = Date.now();
  const stop = untilStopped();
  const development = await startDevelopment({
    ...{ dir: options.dir, reset: options.reset },
    cluster: options.small ? SMALL : WHOLE,
    progress: (line) => console.error(`· ${line}`),
  });
  console.log(summary(development.info, options.dir, Date.now() - startedAt));
  console.log(processTable(development.processes(), options.dir));
  const isRight =
    !options.play || (await Promise.race([playOn(development), stop.then(() => false)]));
  if (!options.play || !options.once) await stop;
  console.error('· Stopping (Ctrl-C again to leave at once)');
  leaveAfter(GRACE_MS);
  await development.stop();
  process.exit(options.once && !isRight ? 1 : 0);
}

async function playOn(development: Development): Promise<boolean> {
  try {
    const result = await play(development);
    const { currency } = await loadCatalog(loadConfig(development.environment).CATALOG_FILE);
    console.log(`${demoTable(result, currency)}\n${verdict(result)}`);
    return result.ok;
  } catch (error) {
    await development.stop();
    throw error;
  }
}

/** Which runs where, and where it writes: any of them may be killed to see what happens. */
export function processTable(processes: readonly SeenProcess[], dir: string): string {
  const table = new Table({
    head: ['process', 'pid', 'port', 'log'],
    style: { head: [], border: [], compact: true },
    colAligns: ['left', 'right', 'right', 'left'],
  });
  for (const { name, pid, port } of processes)
    table.push([name, pid, port ?? '', join(dir, 'logs', `${name}.log`)]);
  return (
    `${table.toString()}\n` +
    'Each is started again when it ends: `kill -9` any of them. The pids of now are in ' +
    `${join(dir, 'processes.json')}.`
  );
}
