/** Goal: a part of a charge that can't be is refused before anything is booked of it. */
import { DomainError } from '../../../src/core/errors';
import { earningsToBook, movementsToBook } from '../../../src/core/vendors/vendor-books';
import type { VendorEntry } from '../../../src/core/vendors/vendor-books';
import { movementOf } from '../../../src/core/vendors/vendor-statement';
import { offsetToBook } from '../../../src/core/vendors/payout-position';
import { shareToKeep, splitCharge } from '../../../src/core/vendors/payout-split';
import { MARCH } from '../../support/builders/builders';
import { aCharge, aPaidLine, aPolicy, aSale, aShare } from '../../support/vendors/payouts';

const HALF_BACK = aCharge({ refundedCents: 2_500 });

test.each([
  ['a share beyond what was sold', { grossCents: 100, feeCents: 0, shareCents: 200 }],
  ['a fee beyond the one that was taken', { grossCents: 100, feeCents: 0, shareCents: 50 }],
])('%s is not kept when money comes back', (_what, amounts) => {
  const act = () => shareToKeep(aShare(amounts), HALF_BACK, { feeOnRefund: 'returned' });
  expect(act).toThrow(/^Of a fee of 0 and a share of (200|50) cents, -?\d+ and \d+ would stay\.$/);
});

test('of a charge of nothing the share is nothing', () => {
  const nothing = { grossCents: 0, feeCents: 0, shareCents: 0 };
  const charge = aCharge({ amountCents: 0 });
  expect(shareToKeep(aShare(nothing), charge, { feeOnRefund: 'returned' })).toEqual(nothing);
});

test('a vendor whose fee nobody knows is named, and what to do', () => {
  const refused = () => {
    try {
      return splitCharge(aCharge(), [aPaidLine('globex', 5_000)], [aPolicy()]);
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      return [error.code, error.message, error.detail];
    }
  };
  expect(refused()).toEqual([
    'vendor_not_found',
    'A paid invoice has lines of vendor "globex", whom the catalog does not have: put the vendor ' +
      'back, so that it is known what its fee is.',
    { vendor: 'globex' },
  ]);
});

describe('the books of a charge', () => {
  const [share] = earningsToBook([], 'acme', aSale()) as [VendorEntry];
  const transfer = { id: 'tr_1', vendor: 'acme', chargeId: 'ch_1', amountCents: 4_250 };
  const [moved] = movementsToBook([share], [{ ...transfer, reversals: [] }]) as [VendorEntry];

  test('know the share, though a movement stands before it', () => {
    expect(earningsToBook([moved, share], 'acme', aSale())).toEqual([]);
  });

  test('without a share, and none to book, are broken', () => {
    const act = () => earningsToBook([], 'acme', { ...aSale(), share: null });
    expect(act).toThrow(expect.objectContaining({ code: 'invariant_broken' }));
  });

  test('tell a movement by its id at Stripe, or by ours where there is none', () => {
    const told = (stripeId: string | null) =>
      movementOf({ ...moved, kind: 'transfer', key: 'ours', stripeId, recordedAt: MARCH }).movement
        .stripeId;
    expect([told('tr_1'), told(null)]).toEqual(['tr_1', 'ours']);
  });

  test('pay no debt of another vendor', () => {
    const back = aSale({ chargeId: 'ch_2', refundedCents: 5_000 });
    const sold = earningsToBook([], 'acme', aSale({ chargeId: 'ch_2' })) as [VendorEntry];
    const paid = movementsToBook(sold, [{ ...transfer, chargeId: 'ch_2', reversals: [] }]);
    const debt = [...sold, ...earningsToBook(sold, 'acme', back), ...paid].map((one) => ({
      ...one,
      vendor: 'globex',
    }));
    expect(() =>
      offsetToBook([share, ...debt], { debtChargeId: 'ch_2', chargeId: 'ch_1' }),
    ).toThrow('acme would pay a debt of globex.');
  });
});
