/** The ledger as the workflow reads it. */
import { fillsAllowance } from '../src/core/plans/plan';
import type { UsageBatch } from '../src/core/usage/usage';
import { readBatches } from '../src/db/usage-batches';
import { sumLedger } from '../src/db/usage-reports';
import type { ActivityDeps } from './deps';
import type { LedgerSums } from '../src/core/proof/difference-row';

/** One reading of a gap stays small in the history; the rest is read next. */
const LINES_PER_READING_MAX = 1_000;

export function createUsageActivities({ pool, drainLedger }: ActivityDeps) {
  return {
    /** The next batches after `afterSequence`, in order, as many as fit. */
    readBatches: (request: { customer: string; afterSequence: number }): Promise<UsageBatch[]> =>
      readBatches(pool, request.customer, request.afterSequence + 1, LINES_PER_READING_MAX),

    /** Seals all usage committed before this call; answers the customer's last sequence. */
    drainLedger: (request: { customer: string }): Promise<number> => drainLedger(request.customer),

    /**
     * Sums the tokens of [start, end), of which no workflow has had a part. Without
     * `allowanceVendors`, no vendor's usage fills the allowance.
     */
    sumLedger: async (request: {
      customer: string;
      start: number;
      end: number;
      allowanceVendors?: readonly string[];
    }): Promise<LedgerSums> => {
      const sums = await sumLedger(pool, request.customer, request.start, request.end);
      const inAllowance = sums.byVendor
        .filter((vendor) => fillsAllowance(request, vendor))
        .reduce((sum, { tokens }) => sum + tokens, 0);
      return {
        usedTokens: sums.usedTokens + inAllowance,
        vendorTokens: sums.vendorTokens - inAllowance,
      };
    },
  };
}
