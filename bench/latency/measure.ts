/** One size after the other, the same customers and ever more of them. */
import { setTimeout as pause } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { readable } from '../figures';
import type { Surroundings } from '../surroundings';
import { createCustomer, latencyCustomer } from '../whole-path';
import type { Customer } from '../whole-path';
import { measureLoad, untilQuiet } from './one-size';
import type { MeasuredLoad } from './one-size';
import { createStand } from './stand';
import type { Stand } from './stand';

const CREATING_AT_ONCE = 16;
const TOLD_EACH = 500;

export interface MeasuredSize extends MeasuredLoad {
  readonly customers: number;
  /** The API made them, 16 at a time, without a limit of Stripe's calls. */
  readonly createdPerSecond: number;
}

export interface Sizes {
  readonly sizes: readonly number[];
  /** Each size is under load for so long. */
  readonly seconds: number;
  readonly seed: number;
  /** Workflows that the worker keeps in memory. Absent: as many as it chooses. */
  readonly cached?: number | undefined;
}

export interface MeasuredSizes {
  readonly seed: number;
  readonly cached?: number | undefined;
  readonly startedAt: string;
  readonly seconds: number;
  readonly postgres: string;
  readonly sizes: readonly MeasuredSize[];
}

type Progress = (line: string) => void;

/** Throws when usage was lost or counted twice; a slow machine is no failure. */
export async function measureSizes(
  surroundings: Surroundings,
  { sizes, seconds, seed, cached }: Sizes,
  progress: Progress,
): Promise<MeasuredSizes> {
  const startedAt = new Date();
  const temporal = new Client({
    connection: await Connection.connect({ address: surroundings.temporalAddress }),
  });
  const stand = await createStand(surroundings, temporal, { seed, cached });
  try {
    const customers: Customer[] = [];
    const measured: MeasuredSize[] = [];
    for (const size of sizes) {
      const createdPerSecond = await createUpTo(stand, customers, size, progress);
      const told: Progress = (line) => progress(`${readable(size)} customers: ${line}`);
      const load = await measureLoad(stand, customers, seconds, told);
      measured.push({ customers: size, createdPerSecond, ...load });
    }
    const { rows } = await stand.pool.query<{ server_version: string }>('show server_version');
    return {
      ...{ seed, cached, startedAt: startedAt.toISOString(), sizes: measured },
      seconds: (Date.now() - startedAt.getTime()) / 1000,
      postgres: String(rows[0]?.server_version),
    };
  } finally {
    await stand.pool.end();
    await temporal.connection.close();
  }
}

async function createUpTo(
  stand: Stand,
  customers: Customer[],
  size: number,
  progress: Progress,
): Promise<number> {
  const programs = await stand.start('none');
  const before = customers.length;
  let next = before;
  const began = performance.now();
  const create = async (): Promise<void> => {
    while (next < size) {
      const name = latencyCustomer(next++);
      customers.push(await createCustomer(stand.path, name));
      if (customers.length % TOLD_EACH === 0) progress(`${customers.length} of ${size} made`);
    }
  };
  await Promise.all(Array.from({ length: CREATING_AT_ONCE }, create));
  const rate = (size - before) / ((performance.now() - began) / 1000);
  progress(`${readable(size)} customers: made at ${readable(rate)}/s`);
  await untilQuiet(stand.pool);
  // What creating left in the caches of the processes is not what they need later.
  await programs.stop();
  await pause(1_000);
  return rate;
}
