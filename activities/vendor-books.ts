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
import { createSellers } from './sellers';

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
  const { policyOf } = createSellers(deps);

  async function positionOfVendor(
    booked: readonly VendorEntry[],
    { vendor, chargeId, now }: { vendor: string; chargeId: string; now: number },
  ): Promise<PositionOfVendor[]> {
    const positions = positionsOf(booked);
    const position = findPosition(positions, chargeId);
    if (!position) return [];
    const known = await findVendor(pool, vendor);
    const { minimumPayoutCents } = await policyOf(vendor);
    const transfersActive = known !== undefined && mayReceiveTransfers(known);
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
          const booked = await bookEntries(pool, { vendor, chargeId }, (before) =>
            entriesOf(before, { vendor, facts, sale }),
          );
          positions.push(...(await positionOfVendor(booked, { vendor, chargeId, now: facts.now })));
        }
      return positions;
    },

    /** Makes moves that are of the books alone; answers the positions that they touched. */
    bookMove: async ({ vendor, chargeId, now, move }: BookMoveRequest): Promise<Position[]> => {
      const { minimumPayoutCents } = await policyOf(vendor);
      let booked: readonly VendorEntry[] = [];
      const after = await bookEntries(pool, { vendor, chargeId }, (before) => {
        booked = before;
        return move.kind === 'offset'
          ? offsetToBook(before, { debtChargeId: move.debtChargeId, chargeId })
          : duesToBook(before, minimumPayoutCents, now);
      });
      const touched = new Set(after.slice(booked.length).map((entry) => entry.chargeId));
      return positionsOf(after).filter((position) => touched.has(position.chargeId));
    },
  };
}

const vendorsOf = ({ shares }: PayoutSale): string[] => shares.map(({ vendor }) => vendor);

function entriesOf(
  before: readonly VendorEntry[],
  { vendor, facts, sale }: { vendor: string; facts: PayoutFacts; sale: PayoutSale },
): VendorEntry[] {
  const share = sale.shares.find((one) => one.vendor === vendor) ?? null;
  const { customer, invoiceId } = facts;
  const earned = earningsToBook(before, vendor, {
    ...{ customer, invoiceId, share },
    charge: sale.charge,
  });
  return [
    ...earned,
    ...movementsToBook(
      [...before, ...earned],
      sale.transfers.filter((one) => one.vendor === vendor),
    ),
  ];
}
