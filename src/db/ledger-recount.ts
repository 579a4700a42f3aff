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
  let counted: BillingState = { ...emptyBillingState(customer), periods, grants };
  let next = await firstSequence(pool, input);
  while (next <= upToSequence) {
    const batches = await readBatches(pool, customer, next, LINES_PER_PAGE_MAX);
    const last = batches.at(-1);
    if (!last) break;
    counted = batches
      .filter(({ sequence }) => sequence <= upToSequence)
      .reduce(recountBatch, counted);
    next = last.sequence + 1;
    onPage(next);
  }
  return recountedOf(counted);
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
  // On a test clock the time of sealing says nothing about the time of use.
  if (start === undefined || !row || row.testClock !== null) return 1;
  return firstSequenceSince(pool, customer, new Date(start * 1000));
}
