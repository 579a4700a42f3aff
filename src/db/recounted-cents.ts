/** What a period's usage in the ledger comes to under other terms, the base price included. */
import type { Pool } from 'pg';
import { amountDueCents } from '../core/invoices/period-figures';
import type { PlanTerms } from '../core/plans/plan';
import type { BillingPeriod } from './billing-periods';
import { recountFromLedger } from './ledger-recount';
import { readGrantsBeside } from './token-grants';
import { lastSequence } from './usage-batches';
import { openPeriod } from '../core/state/periods';

export async function recountedCents(
  pool: Pool,
  customer: string,
  { start, end }: Pick<BillingPeriod, 'start' | 'end'>,
  terms: PlanTerms,
  onPage: () => void,
): Promise<number> {
  const span = { start: start.getTime() / 1000, end: end.getTime() / 1000 };
  const { periods } = await recountFromLedger(
    pool,
    {
      customer,
      periods: [openPeriod(span, terms)],
      grants: await readGrantsBeside(pool, customer, span.start),
      upToSequence: await lastSequence(pool, customer),
    },
    onPage,
  );
  return amountDueCents(terms, (rateId) => periods[0]?.rates[rateId]?.tokens ?? 0);
}
