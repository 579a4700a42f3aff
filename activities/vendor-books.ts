/** The vendors' books, as payouts keep them. */
import { mayReceiveTransfers } from '../src/core/vendors/vendor-account';
import type { PayoutFacts, PayoutSale, PositionOfVendor } from '../src/core/vendors/payout-facts';
import {
  balanceOf,
  duesToBook,
  findPosition,
  offsetToBook,
  positionsOf,
} from '../src/core/vendors/payout-position';
import type { NextMove, Position } from '../src/core/vendors/payout-position';
import { earningsToBook, movementsToBook } from '../src/core/vendors/vendor-books';
import type { VendorEntry } from '../src/core/vendors/vendor-books';
import { bookEntries } from '../src/db/vendor-entries';
import { findVendor } from '../src/db/vendors';
import type { ActivityDeps } from './deps';
import { createVendorPolicies } from './sellers';

export interface BookMoveRequest {
  readonly customer: string;
  readonly vendor: string;
  readonly chargeId: string;
  /** Unix seconds. */
  readonly now: number;
  readonly move: Extract<NextMove, { kind: 'offset' | 'due' }>;
}

export function createVendorBookActivities(deps: ActivityDeps) {
  const { pool } = deps;
  const policyOf = createVendorPolicies(deps);

  async function positionOfVendor(
    entries: readonly VendorEntry[],
    { vendor, chargeId, now }: { vendor: string; chargeId: string; now: number },
  ): Promise<PositionOfVendor[]> {
    const positions = positionsOf(entries);
    const position = findPosition(positions, chargeId);
    if (!position) return [];
    const knownVendor = await findVendor(pool, vendor);
    const { minimumPayoutCents } = await policyOf(vendor);
    const transfersActive = knownVendor !== undefined && mayReceiveTransfers(knownVendor);
    const balance = balanceOf(positions, { transfersActive, minimumPayoutCents }, now);
    return [{ position, account: balance, now }];
  }

  return {
    /** Books what Stripe has and the books have not; answers where each vendor stands then. */
    bookPayout: async ({ facts }: { customer: string; facts: PayoutFacts }) => {
      const positions: PositionOfVendor[] = [];
      for (const sale of facts.sales)
        for (const vendor of vendorsOf(sale)) {
          const { chargeId } = sale.charge;
          const entries = await bookEntries(pool, { vendor, chargeId }, (currentEntries) =>
            entriesOf(currentEntries, { vendor, facts, sale }),
          );
          positions.push(
            ...(await positionOfVendor(entries, { vendor, chargeId, now: facts.now })),
          );
        }
      return positions;
    },

    /** Makes moves that are of the books alone; answers the positions that they touched. */
    bookMove: async ({ vendor, chargeId, now, move }: BookMoveRequest): Promise<Position[]> => {
      const { minimumPayoutCents } = await policyOf(vendor);
      let previousEntries: readonly VendorEntry[] = [];
      const entriesAfter = await bookEntries(pool, { vendor, chargeId }, (currentEntries) => {
        previousEntries = currentEntries;
        return move.kind === 'offset'
          ? offsetToBook(currentEntries, { debtChargeId: move.debtChargeId, chargeId })
          : duesToBook(currentEntries, minimumPayoutCents, now);
      });
      const touched = new Set(
        entriesAfter.slice(previousEntries.length).map((entry) => entry.chargeId),
      );
      return positionsOf(entriesAfter).filter((position) => touched.has(position.chargeId));
    },
  };
}

const vendorsOf = ({ shares }: PayoutSale): string[] => shares.map(({ vendor }) => vendor);

function entriesOf(
  entries: readonly VendorEntry[],
  { vendor, facts, sale }: { vendor: string; facts: PayoutFacts; sale: PayoutSale },
): VendorEntry[] {
  const share = sale.shares.find((one) => one.vendor === vendor) ?? null;
  const { customer, invoiceId } = facts;
  const earned = earningsToBook(entries, vendor, {
    ...{ customer, invoiceId, share },
    charge: sale.charge,
  });
  return [
    ...earned,
    ...movementsToBook(
      [...entries, ...earned],
      sale.transfers.filter((one) => one.vendor === vendor),
    ),
  ];
}
