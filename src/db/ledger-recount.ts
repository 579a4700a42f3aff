/** Counting a customer's ledger again, page by page, under other terms or grants. */
import type { Pool } from 'pg';
import type { BillingState } from '../core/state/billing-state';
import { emptyBillingState } from '../core/state/billing-state';
import { recountBatch, recountedOf } from '../core/counting/recount';
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
  const { periods, grants } = input;
  let state: BillingState = { ...emptyBillingState(customer), periods, grants };
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

const firstSequence = (pool: Pool, { customer, periods }: RecountInput): Promise<number> =>
  firstSequenceOf(pool, customer, periods[0]?.start);

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
