/**
 * Goal: a charge is split over vendors, platform and what no line has, to the cent, by a rule that
 * a person can follow with a pencil; and when money comes back, each bears a stated part.
 */
import fc from 'fast-check';
import type { PaidLine } from '../../../src/core/vendors/payout';
import { shareToKeep, splitCharge } from '../../../src/core/vendors/payout-split';
import { FEBRUARY, JANUARY } from '../../support/builders/builders';
import { aCharge, aPaidLine, aPolicy, aShare, DAY } from '../../support/vendors/payouts';
import { pencilFee, pencilKept, pencilSplit } from '../../support/vendors/share-pencil';

const policies = [
  aPolicy({ vendor: 'acme', feePercent: '15' }),
  aPolicy({ vendor: 'globex', feePercent: '12.5' }),
  aPolicy({ vendor: 'initech', feePercent: '20' }),
];

/** Gross, fee and share by vendor, then the platform and what is unallocated. */
const figures = (paidCents: number, lines: readonly PaidLine[]) => {
  const split = splitCharge(aCharge({ amountCents: paidCents }), lines, policies);
  const shares = split.shares.map(
    ({ vendor, grossCents, feeCents, shareCents }) =>
      `${vendor} ${grossCents} = ${feeCents} + ${shareCents}`,
  );
  return [...shares, split.platformCents, split.unallocatedCents];
};

describe('a charge is split', () => {
  test('$50.00 at 15 % are $7.50 for the platform and $42.50 for the vendor', () => {
    expect(figures(5_000, [aPaidLine('acme', 5_000)])).toEqual(['acme 5000 = 750 + 4250', 0, 0]);
  });

  test('three vendors and the platform, all paid: each has its lines', () => {
    const lines = [
      aPaidLine(null, 2_900),
      aPaidLine('globex', 333),
      aPaidLine('acme', 1_000),
      aPaidLine('acme', 11),
      aPaidLine('initech', 7),
    ];
    // 1,011 × 15 % = 151.65; 333 × 12.5 % = 41.625; 7 × 20 % = 1.4.
    expect(figures(4_251, lines)).toEqual([
      'acme 1011 = 152 + 859',
      'globex 333 = 42 + 291',
      'initech 7 = 1 + 6',
      2_900,
      0,
    ]);
  });

  test('of equal remainders the first in the alphabet gets the cent, the platform the last', () => {
    const lines = [null, 'initech', 'globex', 'acme'].map((vendor) => aPaidLine(vendor, 100));
    // 202 of 400 cents are paid: 50.5 each, so two cents are left for four.
    expect(figures(202, lines)).toEqual([
      'acme 51 = 8 + 43',
      'globex 51 = 6 + 45',
      'initech 50 = 10 + 40',
      50,
      0,
    ]);
  });

  test('the largest remainder comes first, whatever its name', () => {
    const lines = [aPaidLine('acme', 10), aPaidLine('globex', 30), aPaidLine('initech', 30)];
    // 50 over 10 : 30 : 30 = 7.14, 21.43, 21.43: one cent is left, and globex has it.
    expect(figures(50, lines)).toEqual([
      'acme 7 = 1 + 6',
      'globex 22 = 3 + 19',
      'initech 21 = 4 + 17',
      0,
      0,
    ]);
  });

  test('half a cent of fee is rounded up', () => {
    // 10 × 15 % = 1.5; 4 × 12.5 % = 0.5.
    expect(figures(14, [aPaidLine('acme', 10), aPaidLine('globex', 4)])).toEqual([
      'acme 10 = 2 + 8',
      'globex 4 = 1 + 3',
      0,
      0,
    ]);
  });

  test('what is credited to the platform is borne by the platform', () => {
    const lines = [aPaidLine(null, 2_900), aPaidLine(null, -900), aPaidLine('acme', 1_000)];
    expect(figures(3_000, lines)).toEqual(['acme 1000 = 150 + 850', 2_000, 0]);
  });

  test('what is credited to a vendor, who sold nothing else, no other vendor pays', () => {
    const lines = [aPaidLine('acme', 1_000), aPaidLine('globex', -300), aPaidLine(null, 500)];
    expect(figures(1_200, lines)).toEqual(['acme 1000 = 150 + 850', 'globex 0 = 0 + 0', 200, 0]);
  });

  test('a credit beyond the platform’s lines makes every vendor’s part smaller alike', () => {
    const lines = [aPaidLine(null, -500), aPaidLine('acme', 1_000), aPaidLine('globex', 1_000)];
    expect(figures(1_500, lines)).toEqual(['acme 750 = 113 + 637', 'globex 750 = 94 + 656', 0, 0]);
  });

  test('what is paid beyond the lines is nobody’s', () => {
    expect(figures(1_300, [aPaidLine('acme', 1_000)])).toEqual(['acme 1000 = 150 + 850', 0, 300]);
  });

  test('of an invoice without anything to pay for, all is nobody’s', () => {
    expect(figures(700, [aPaidLine('acme', 0), aPaidLine('globex', -5)])).toEqual([
      'acme 0 = 0 + 0',
      'globex 0 = 0 + 0',
      0,
      700,
    ]);
  });

  test('a vendor that the catalog has no more is named', () => {
    expect(() => splitCharge(aCharge(), [aPaidLine('hooli', 10)], policies)).toThrow(
      expect.objectContaining({
        code: 'vendor_not_found',
        message: expect.stringContaining('"hooli"'),
      }),
    );
  });

  test.each(['100.01', '-1'])('a fee of %s percent is no fee', (feePercent) => {
    const odd = [aPolicy({ feePercent })];
    expect(() => splitCharge(aCharge(), [aPaidLine('acme', 10)], odd)).toThrow(/0 to 100/);
  });
});

describe('a share tells', () => {
  const lines = [
    { ...aPaidLine('acme', 10, 400), periodStart: JANUARY, periodEnd: JANUARY + 5 * DAY },
    { ...aPaidLine('acme', 10, 600), periodStart: JANUARY + DAY, periodEnd: FEBRUARY },
  ];
  const held = [aPolicy({ holdbackDays: 7, feeOnRefund: 'kept' })];

  test('the tokens that were sold, from the first service period to the last', () => {
    const [share] = splitCharge(aCharge(), lines, held).shares;
    expect(share).toMatchObject({ tokens: 1_000, periodStart: JANUARY, periodEnd: FEBRUARY });
  });

  test('when its holdback is over, and what holds for refunds', () => {
    const [share] = splitCharge(aCharge({ paidAt: FEBRUARY + 5 }), lines, held).shares;
    expect(share).toMatchObject({ releaseAt: FEBRUARY + 5 + 7 * DAY, feeOnRefund: 'kept' });
  });

  test('an invoice paid by two charges pays no line twice, and tells its tokens once', () => {
    const first = splitCharge(aCharge({ amountCents: 15 }), lines, held);
    const second = splitCharge(aCharge({ amountCents: 15 }), lines, held, 15);
    expect([first, second].map(({ shares }) => shares[0])).toMatchObject([
      { grossCents: 15, tokens: 1_000 },
      { grossCents: 5, tokens: 0 },
    ]);
    expect(second.unallocatedCents).toBe(10);
  });
});

describe('of $50.00 at 15 %, of which the vendor had $42.50, it keeps', () => {
  test.each([
    // A refund of $20.00 is 40 % of the charge.
    ['returned', 2_000, 0, { grossCents: 3_000, feeCents: 450, shareCents: 2_550 }],
    ['kept', 2_000, 0, { grossCents: 3_000, feeCents: 750, shareCents: 2_250 }],
    // 4,250 × 33 ÷ 5,000 = 28.05; 5,000 × 33 ÷ 5,000 = 33.
    ['returned', 33, 0, { grossCents: 4_967, feeCents: 745, shareCents: 4_222 }],
    ['kept', 33, 0, { grossCents: 4_967, feeCents: 750, shareCents: 4_217 }],
    // The vendor's share is used up before the platform's fee is.
    ['kept', 4_600, 0, { grossCents: 400, feeCents: 400, shareCents: 0 }],
    ['returned', 5_000, 0, { grossCents: 0, feeCents: 0, shareCents: 0 }],
    ['kept', 5_000, 0, { grossCents: 0, feeCents: 0, shareCents: 0 }],
    ['returned', 0, 5_000, { grossCents: 0, feeCents: 0, shareCents: 0 }],
    ['returned', 1_000, 1_000, { grossCents: 3_000, feeCents: 450, shareCents: 2_550 }],
    // A dispute of the whole after a refund is not more than all.
    ['returned', 1_000, 5_000, { grossCents: 0, feeCents: 0, shareCents: 0 }],
    ['returned', 0, 0, { grossCents: 5_000, feeCents: 750, shareCents: 4_250 }],
  ] as const)(
    'fee %s, %i refunded, %i disputed',
    (feeOnRefund, refundedCents, disputedCents, kept) => {
      const charge = aCharge({ refundedCents, disputedCents });
      expect(shareToKeep(aShare(), charge, { feeOnRefund })).toEqual(kept);
    },
  );
});

const owner = fc.constantFrom(null, 'acme', 'globex', 'initech');
/** Small amounts have equal remainders. */
const anyAmount = fc.oneof(
  fc.integer({ min: -50, max: 60 }),
  fc.integer({ min: -2_000, max: 9_000_000_000 }),
);
const anyPaid = fc.oneof(fc.nat(200), fc.nat(20_000_000_000));
const anyLines = fc.array(fc.tuple(owner, anyAmount), {
  minLength: 1,
  maxLength: 8,
});
const anyPercent = fc.integer({ min: 0, max: 10_000 });
const asPercent = (hundredths: number) => (hundredths / 100).toFixed(2);

test('whatever is paid of whatever invoice, the split is the pencil’s, to the cent', () => {
  fc.assert(
    fc.property(anyLines, anyPaid, anyPercent, (amounts, amountCents, percent) => {
      const lines = amounts.map(([vendor, cents]) => aPaidLine(vendor, cents));
      const terms = policies.map((each) => ({ ...each, feePercent: asPercent(percent) }));
      const split = splitCharge(aCharge({ amountCents }), lines, terms);
      const pencil = pencilSplit(amountCents, lines);
      const sold = split.shares.map(({ vendor, grossCents }) => [vendor, grossCents] as const);
      expect(new Map([...sold])).toEqual(
        new Map([...pencil].filter(([name]) => name !== '' && name !== 'unallocated')),
      );
      expect(split.platformCents).toBe(pencil.get('') ?? 0);
      expect(split.unallocatedCents).toBe(pencil.get('unallocated'));
      let all = split.platformCents + split.unallocatedCents;
      for (const { grossCents, feeCents, shareCents } of split.shares) {
        expect(feeCents).toBe(pencilFee(grossCents, percent));
        expect(Math.min(grossCents, feeCents, shareCents)).toBeGreaterThanOrEqual(0);
        all = all + feeCents + shareCents;
      }
      expect(all).toBe(amountCents);
    }),
    { numRuns: 1_000 },
  );
});

const anySale = fc
  .integer({ min: 1, max: 3_000_000_000 })
  .chain((amountCents) =>
    fc.record({ amountCents: fc.constant(amountCents), grossCents: fc.nat(amountCents) }),
  );

test('however much comes back, the vendor keeps what the pencil says, and never more for more', () => {
  const policy = fc.constantFrom('returned' as const, 'kept' as const);
  const backs = fc.tuple(fc.nat(3_000_000_000), fc.nat(3_000_000_000));
  fc.assert(
    fc.property(anySale, anyPercent, policy, backs, (sale, percent, feeOnRefund, [one, other]) => {
      const feeCents = pencilFee(sale.grossCents, percent);
      const share = { ...sale, feeCents, shareCents: sale.grossCents - feeCents };
      const [less, more] = [Math.min(one, other), Math.max(one, other)];
      const keeps = [less, more].map((refundedCents) => {
        const charge = aCharge({ amountCents: sale.amountCents, refundedCents });
        const kept = shareToKeep(share, charge, { feeOnRefund });
        const backCents = refundedCents;
        expect(kept.shareCents).toBe(pencilKept(share, { ...sale, backCents }, feeOnRefund));
        expect(kept.feeCents + kept.shareCents).toBe(kept.grossCents);
        if (backCents >= sale.amountCents) expect(kept.grossCents).toBe(0);
        return kept.shareCents;
      });
      expect(keeps[1]).toBeLessThanOrEqual(keeps[0] ?? 0);
    }),
    { numRuns: 1_000 },
  );
});
