/** Counts a customer's ledger again, up to the batch that the workflow has counted. */
import { Context } from '@temporalio/activity';
import type { Recounted, RecountInput } from '../src/core/counting/recount';
import { appendAuditEntry } from '../src/db/audit-entries';
import { recountFromLedger } from '../src/db/ledger-recount';
import type { ActivityDeps } from './deps';

export interface RecountRequestOf extends RecountInput {
  readonly reasons: readonly string[];
  /** Names this recount among those of the customer. */
  readonly key: string;
}

export function createRecountActivities({ pool }: ActivityDeps) {
  return {
    recountLedger: async ({ reasons, key, ...input }: RecountRequestOf): Promise<Recounted> => {
      const { customer, upToSequence } = input;
      const counted = await recountFromLedger(pool, input, (sequence) =>
        Context.current().heartbeat(sequence),
      );
      const { periods, grants } = counted;
      await appendAuditEntry(pool, {
        ...{ customer, key, kind: 'usage_recounted' },
        detail: { reasons, upToSequence, counts: periods.map(countsOf), grants },
      });
      return counted;
    },
  };
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
