/** The vendors' books, as payouts keep them. */
import { vendorPolicy } from '../src/core/catalog';
import { mayReceiveTransfers } from '../src/core/vendor-account';
import type { PayoutFacts, PayoutSale, PayoutStanding } from '../src/core/payout-facts';
import {
  accountOf,
  duesToBook,
  findPosition,
  offsetToBook,
  positionsOf,
} from '../src/core/payout-position';
import type { NextMove, Position } from '../src/core/payout-position';
import { earningsToBook, movementsToBook } from '../src/core/vendor-books';
import type { VendorEntry } from '../src/core/vendor-books';
import { bookEntries } from '../src/db/vendor-entries';
import { findVendor } from '../src/db/vendors';
import type { ActivityDeps } from './deps';

export interface BookMoveRequest {
  readonly customer: string;
  readonly vendor: string;
  readonly chargeId: string;
  /** Unix seconds. */
  readonly now: number;
  readonly move: Extract<NextMove, { kind: 'offset' | 'due' }>;
}

export function createVendorBookActivities({ pool, catalog }: ActivityDeps) {
  async function standingOf(
    booked: readonly VendorEntry[],
    { vendor, chargeId, now }: { vendor: string; chargeId: string; now: number },
  ): Promise<PayoutStanding[]> {
    const positions = positionsOf(booked);
    const position = findPosition(positions, chargeId);
    if (!position) return [];
    const known = await findVendor(pool, vendor);
    const { minimumPayoutCents } = vendorPolicy(catalog, vendor);
    const transfersActive = known !== undefined && mayReceiveTransfers(known);
    const account = accountOf(positions, { transfersActive, minimumPayoutCents }, now);
    return [{ position, account, now }];
  }

  return {
    /** Books what Stripe has and the books have not; answers where each vendor stands then. */
    bookPayout: async ({ facts }: { customer: string; facts: PayoutFacts }) => {
      const standings: PayoutStanding[] = [];
      for (const sale of facts.sales)
        for (const vendor of vendorsOf(sale)) {
          const { chargeId } = sale.charge;
          const booked = await bookEntries(pool, { vendor, chargeId }, (before) =>
            entriesOf(before, { vendor, facts, sale }),
          );
          standings.push(...(await standingOf(booked, { vendor, chargeId, now: facts.now })));
        }
      return standings;
    },

    /** Moves that are of the books alone; answers the positions that they touched. */
    bookMove: async ({ vendor, chargeId, now, move }: BookMoveRequest): Promise<Position[]> => {
      const { minimumPayoutCents } = vendorPolicy(catalog, vendor);
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
