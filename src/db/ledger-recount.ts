/** Counting a customer's ledger again, page by page, under other terms or grants. */
import type { Pool } from 'pg';
import { beginRecount, recountBatch, recountedOf } from '../core/counting/recount';
import type { Recounted, RecountInput } from '../core/counting/recount';
import { findCustomer } from './customers';
import { firstSequenceSince, readBatches } from './usage-batches';

/** A page of the ledger in memory. */
const LINES_PER_PAGE_MAX = 5_000;

export async function recountFromLedger(
  pool: Pool,
  input: RecountInput,
  onPage: (sequence: number) => void = () => undefined,
): Promise<Recounted> {
  const { customer, upToSequence } = input;
  let state = beginRecount(input);
  let nextSequence = await firstSequence(pool, input);
  while (nextSequence <= upToSequence) {
    const batches = await readBatches(pool, customer, nextSequence, LINES_PER_PAGE_MAX);
    const lastBatch = batches.at(-1);
    if (!lastBatch) break;
    state = batches.filter(({ sequence }) => sequence <= upToSequence).reduce(recountBatch, state);
    nextSequence = lastBatch.sequence + 1;
    onPage(nextSequence);
  }
  return recountedOf(state);
}

const firstSequence = (pool: Pool, { customer, periods, gap }: RecountInput): Promise<number> =>
  firstSequenceOf(pool, customer, earliest(periods[0]?.start, gap?.start));

const earliest = (one: number | undefined, other: number | undefined): number | undefined =>
  one === undefined || other === undefined ? (one ?? other) : Math.min(one, other);

/** Nothing of a period can have been sealed before it began. */
export async function firstSequenceOf(
  pool: Pool,
  customer: string,
  start: number | undefined,
): Promise<number> {
  const row = await findCustomer(pool, customer);
  // The time of sealing says nothing about the time of use on a test clock.
  if (start === undefined || !row || row.testClock !== null) return 1;
  return firstSequenceSince(pool, customer, new Date(start * 1000));
}
