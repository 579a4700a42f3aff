/** Counting a customer's ledger again, up to the batch that the workflow has counted. */
import { Context } from '@temporalio/activity';
import { emptyBillingState } from '../src/core/billing-state';
import { recountBatch } from '../src/core/recount';
import type { Recounted, RecountInput } from '../src/core/recount';
import { appendAuditEntry } from '../src/db/audit-entries';
import { findCustomer } from '../src/db/customers';
import { firstSequenceSince, readBatches } from '../src/db/usage-batches';
import type { ActivityDeps } from './deps';

/** A page of the ledger in memory. */
const LINES_PER_PAGE_MAX = 5_000;

export interface RecountRequestOf extends RecountInput {
  readonly reasons: readonly string[];
  /** Names this recount among those of the customer. */
  readonly key: string;
}

export function createRecountActivities({ pool }: ActivityDeps) {
  return {
    recountLedger: async (request: RecountRequestOf): Promise<Recounted> => {
      const { customer, upToSequence } = request;
      let counted = {
        ...emptyBillingState(customer),
        periods: request.periods,
        grants: request.grants,
      };
      let next = await firstSequence(request);
      while (next <= upToSequence) {
        const batches = await readBatches(pool, customer, next, LINES_PER_PAGE_MAX);
        if (batches.length === 0) break;
        counted = batches
          .filter(({ sequence }) => sequence <= upToSequence)
          .reduce(recountBatch, counted);
        next = (batches.at(-1)?.sequence ?? next) + 1;
        Context.current().heartbeat(next);
      }
      const { periods, grants } = counted;
      await appendAuditEntry(pool, {
        customer,
        key: request.key,
        kind: 'usage_recounted',
        detail: { reasons: request.reasons, upToSequence, counts: periods.map(countsOf), grants },
      });
      return { periods, grants };
    },
  };

  /** Nothing of these periods can have been sealed before they began. */
  async function firstSequence({ customer, periods }: RecountInput): Promise<number> {
    const row = await findCustomer(pool, customer);
    const start = periods[0]?.start;
    // On a test clock the time of sealing says nothing about the time of use.
    if (start === undefined || !row || row.testClock !== null) return 1;
    return firstSequenceSince(pool, customer, new Date(start * 1000));
  }
}

function countsOf({ start, terms, usedTokens, rates, grantUses }: RecountInput['periods'][number]) {
  const billable = Object.entries(rates).map(([id, { tokens }]) => [id, tokens]);
  return {
    periodStart: start,
    planId: terms.planId,
    usedTokens,
    billable: Object.fromEntries(billable) as Record<string, number>,
    grantUses: grantUses ?? {},
  };
}
