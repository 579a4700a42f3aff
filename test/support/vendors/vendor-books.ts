/** Books with something of everything: what acme sold in January and February, and was paid. */
import type { Pool } from 'pg';
import { earningsToBook, movementsToBook } from '../../../src/core/vendors/vendor-books';
import type { StripeMovement } from '../../../src/core/vendors/vendor-books';
import { bookEntries } from '../../../src/db/vendor-entries';
import { FEBRUARY, JANUARY, MARCH } from '../builders/builders';
import { aSale } from './payouts';

export async function bookSomeSales(pool: Pool, vendor = 'acme'): Promise<void> {
  const january = { vendor, periodStart: JANUARY, periodEnd: FEBRUARY };
  // A holdback that does not end before this is read.
  const february = { vendor, periodStart: FEBRUARY, periodEnd: MARCH, releaseAt: 4_000_000_000 };
  const book = (charge: Parameters<typeof aSale>[0], share: Parameters<typeof aSale>[1]) =>
    bookEntries(pool, { vendor, chargeId: charge?.chargeId ?? 'ch_1' }, (booked) =>
      earningsToBook(booked, vendor, aSale(charge, share)),
    );
  const move = (chargeId: string, amountCents: number, reversals: StripeMovement[] = []) =>
    bookEntries(pool, { vendor, chargeId }, (booked) =>
      movementsToBook(booked, [
        { id: `tr_${vendor}_${chargeId}`, vendor, chargeId, amountCents, reversals },
      ]),
    );
  await book({ chargeId: 'ch_1' }, january);
  await move('ch_1', 4_250);
  await book({ chargeId: 'ch_1', refundedCents: 2_000 }, january);
  await move('ch_1', 4_250, [{ id: `trr_${vendor}_1`, amountCents: 1_700 }]);
  await book({ chargeId: 'ch_2' }, february);
}
