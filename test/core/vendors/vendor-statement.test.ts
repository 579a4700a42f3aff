/** Goal: a vendor can add up its statement: sold, less came back, less moved, is what is due. */
import { splitCharge } from '../../../src/core/vendors/payout-split';
import { offsetToBook } from '../../../src/core/vendors/payout-position';
import { earningsToBook, movementsToBook } from '../../../src/core/vendors/vendor-books';
import type { Sale, StripeMovement, VendorEntry } from '../../../src/core/vendors/vendor-books';
import {
  addToStatement,
  movementOf,
  NOTHING_READ,
  statementOf,
} from '../../../src/core/vendors/vendor-statement';
import { FEBRUARY, JANUARY, MARCH } from '../../support/builders/builders';
import { aCharge, aPaidLine, aPolicy, aSale, DAY } from '../../support/vendors/payouts';

const sold = (booked: readonly VendorEntry[], ...sales: readonly Sale[]): VendorEntry[] =>
  sales.reduce((all, sale) => [...all, ...earningsToBook(all, 'acme', sale)], [...booked]);

const moved = (
  booked: readonly VendorEntry[],
  chargeId: string,
  amountCents: number,
  reversals: readonly StripeMovement[] = [],
): VendorEntry[] => [
  ...booked,
  ...movementsToBook(booked, [
    { id: `tr_${chargeId}`, vendor: 'acme', chargeId, amountCents, reversals },
  ]),
];

/** All booked at the same second, and read in portions of this size. */
function vendorStatement(entries: readonly VendorEntry[], now: number, size = 2) {
  const ordered = [...entries].sort((a, b) => (a.chargeId < b.chargeId ? -1 : 1));
  let soFar = NOTHING_READ;
  for (let at = 0; at < ordered.length; at += size)
    soFar = addToStatement(soFar, ordered.slice(at, at + size), now);
  const movements = entries.flatMap((entry) => {
    const { kind } = entry;
    const isMovement = kind === 'transfer' || kind === 'reversal';
    return isMovement ? [movementOf({ ...entry, kind, recordedAt: MARCH })] : [];
  });
  return statementOf(soFar, movements, now);
}

const january = { periodStart: JANUARY, periodEnd: FEBRUARY };
const february = { periodStart: FEBRUARY, periodEnd: MARCH };

test('nothing sold is a statement of nothing', () => {
  expect(vendorStatement([], MARCH)).toMatchObject({
    months: [],
    totals: { grossCents: 0, balanceDueCents: 0 },
    heldCents: 0,
  });
});

test('a line for late usage of January leaves the sale of February in February', () => {
  const late = { ...aPaidLine('acme', 10, 10), isLate: true as const };
  const usage = { ...aPaidLine('acme', 4_990, 4_990), ...february };
  const monthsOf = (...lines: (typeof usage)[]) => {
    const charge = aCharge();
    const [share = null] = splitCharge(charge, lines, [aPolicy()]).shares;
    const booked = sold([], { charge, share, customer: 'ada', invoiceId: 'in_1' });
    return vendorStatement(booked, MARCH).months.map(({ month, tokens }) => [month, tokens]);
  };
  expect(monthsOf(late, usage)).toEqual([['2026-02', 5_000]]);
  expect(monthsOf(late)).toEqual([['2026-01', 10]]);
});

test('a month of two sales: one paid, one not yet', () => {
  const booked = sold([], aSale({}, january), aSale({ chargeId: 'ch_2' }, january));
  const { months } = vendorStatement(moved(booked, 'ch_1', 4_250), MARCH);
  expect(months).toEqual([
    {
      month: '2026-01',
      tokens: 2_000,
      grossCents: 10_000,
      feeCents: 1_500,
      shareCents: 8_500,
      moneyBackCents: 0,
      feeReturnedCents: 0,
      transferredCents: 4_250,
      reversedCents: 0,
      offsetCents: 0,
      balanceDueCents: 4_250,
      movementCount: 1,
      transfers: [
        {
          ...{ stripeId: 'tr_ch_1', chargeId: 'ch_1', invoiceId: 'in_1', amountCents: 4_250 },
          recordedAt: '2026-03-01T00:00:00Z',
        },
      ],
      reversals: [],
    },
  ]);
});

test('a refund of $20.00 of $50.00: $17.00 of the share and $3.00 of the fee came back', () => {
  const booked = sold([], aSale({}, january), aSale({ refundedCents: 2_000 }, january));
  const reversal = [{ id: 'trr_1', amountCents: 1_700 }];
  const { months } = vendorStatement(moved(booked, 'ch_1', 4_250, reversal), MARCH);
  expect(months[0]).toMatchObject({
    grossCents: 5_000,
    moneyBackCents: 1_700,
    feeReturnedCents: 300,
    transferredCents: 4_250,
    reversedCents: 1_700,
    balanceDueCents: 0,
    reversals: [{ stripeId: 'trr_1', amountCents: 1_700 }],
  });
});

test('a month is that in which the service period began, in UTC to the second', () => {
  const last = aSale({ chargeId: 'ch_1' }, { periodStart: FEBRUARY - 1, periodEnd: MARCH });
  const first = aSale({ chargeId: 'ch_2' }, { periodStart: FEBRUARY, periodEnd: FEBRUARY });
  const { months } = vendorStatement(sold([], first, last), MARCH);
  expect(months.map(({ month }) => month)).toEqual(['2026-01', '2026-02']);
});

test('a debt that a later month pays is in both, and comes to nothing in the end', () => {
  const paid = moved(sold([], aSale({}, january)), 'ch_1', 4_250);
  const booked = sold(paid, aSale({ refundedCents: 5_000 }), aSale({ chargeId: 'b' }, february));
  const offset = offsetToBook(booked, { debtChargeId: 'ch_1', chargeId: 'b' });
  const { months, totals } = vendorStatement([...booked, ...offset], MARCH);
  expect(months).toMatchObject([
    { month: '2026-01', offsetCents: -4_250, balanceDueCents: 0 },
    { month: '2026-02', offsetCents: 4_250, balanceDueCents: 0 },
  ]);
  expect(totals).toMatchObject({ offsetCents: 0, transferredCents: 4_250, balanceDueCents: 0 });
});

test('of the balance, what the holdback keeps back is told until it is over', () => {
  const booked = sold([], aSale({}, { ...january, releaseAt: FEBRUARY + 7 * DAY }));
  expect(vendorStatement(booked, FEBRUARY + 7 * DAY - 1).heldCents).toBe(4_250);
  expect(vendorStatement(booked, FEBRUARY + 7 * DAY).heldCents).toBe(0);
});

test('a debt within its holdback is no money that is kept back', () => {
  const held = { ...january, releaseAt: MARCH };
  const paid = moved(sold([], aSale({}, held)), 'ch_1', 4_250);
  const { heldCents, totals } = vendorStatement(
    sold(paid, aSale({ refundedCents: 5_000 })),
    FEBRUARY,
  );
  expect([heldCents, totals.balanceDueCents]).toEqual([0, -4_250]);
});

test('every month and the totals add up', () => {
  const { months, totals } = vendorStatement(
    moved(
      sold(
        [],
        aSale({ refundedCents: 1_234 }, january),
        aSale({ chargeId: 'b', disputedCents: 777 }, { ...february, feeOnRefund: 'kept' }),
      ),
      'b',
      3_000,
      [{ id: 'trr_1', amountCents: 11 }],
    ),
    MARCH,
  );
  for (const each of [...months, totals]) {
    expect(each.feeCents + each.shareCents).toBe(each.grossCents);
    expect(
      each.shareCents -
        each.moneyBackCents -
        each.transferredCents +
        each.reversedCents -
        each.offsetCents,
    ).toBe(each.balanceDueCents);
  }
});

test('in whatever portions the entries are read, the statement is the same', () => {
  const held = { ...january, releaseAt: MARCH };
  const sales = ['a', 'b', 'c', 'd'].map((chargeId, at) =>
    aSale({ chargeId, refundedCents: at * 700 }, at % 2 === 0 ? held : february),
  );
  const booked = moved(
    moved(sold(sold([], ...sales), aSale({ chargeId: 'a', refundedCents: 5_000 }, held)), 'b', 1),
    ...(['c', 3_000, [{ id: 'trr_1', amountCents: 11 }]] as const),
  );
  const whole = vendorStatement(booked, FEBRUARY, booked.length);
  expect(whole.heldCents).toBeGreaterThan(0);
  for (let size = 1; size < booked.length; size += 1)
    expect(vendorStatement(booked, FEBRUARY, size)).toEqual(whole);
});

describe('several months', () => {
  const share = (chargeId: string, month: object) => sold([], aSale({ chargeId }, month));
  const back = { id: 'trr_1', amountCents: 250 };
  const all = [
    ...moved(share('ch_1', january), 'ch_1', 4_250, [back]),
    ...moved(share('ch_2', february), 'ch_2', 4_250),
  ];

  test('each have their own movements, of which there are so many', () => {
    expect(
      vendorStatement(all, MARCH).months.map(({ month, movementCount, transfers, reversals }) => [
        ...[month, movementCount],
        ...[transfers, reversals].map((told) => told.map(({ stripeId }) => stripeId)),
      ]),
    ).toEqual([
      ['2026-01', 2, ['tr_ch_1'], ['trr_1']],
      ['2026-02', 1, ['tr_ch_2'], []],
    ]);
  });

  test('read in a portion of nothing change nothing', () => {
    expect(addToStatement(NOTHING_READ, [], MARCH)).toEqual(NOTHING_READ);
  });
});
