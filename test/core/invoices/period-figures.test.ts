/** The figures that people are told, by table and against the rules that bill. */
import fc from 'fast-check';
import { exactCents } from '../../../src/core/money';
import {
  amountDueCents,
  costOf,
  dueOf,
  overageSoFar,
  usageLines,
} from '../../../src/core/invoices/period-figures';
import { countLine } from '../../../src/core/counting/count-line';
import { trialTerms } from '../../../src/core/subscription/trial';
import type { LateUsagePolicy } from '../../../src/core/plans/plan';
import type { Statement } from '../../../src/core/invoices/statement';
import {
  aLine,
  anOverage,
  aRate,
  aStatement,
  FEBRUARY,
  JANUARY,
  someTerms,
} from '../../support/builders/builders';
import { openPeriod } from '../../../src/core/state/periods';
import {
  allowanceUsedPercent,
  isPercentReached,
  overageTokens,
} from '../../../src/core/counting/allowance';

const terms = someTerms();
const counted = { usedTokens: 100_000, overageTokens: 0 };

test.each<[string, number | null, number, number | null]>([
  ['nothing', 100_000, 0, 0],
  ['just short of all', 100_000, 99_999, 99.9],
  ['all', 100_000, 100_000, 100],
  ['more than all', 100_000, 180_000, 180],
  ['of nothing that is included', 0, 5, null],
  ['without limit', null, 5, null],
  ['what no sum of a thousand times holds', 9e15, 9e15, 100],
])('the allowance is used: %s', (_what, includedTokens, usedTokens, percent) => {
  expect(allowanceUsedPercent({ includedTokens }, usedTokens)).toBe(percent);
});

test('no percentage is shown before the threshold of the same is reached', () => {
  const tokens = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
  fc.assert(
    fc.property(tokens, tokens, fc.integer({ min: 1, max: 300 }), (included, used, percent) => {
      const allowance = { includedTokens: included };
      const shown = allowanceUsedPercent(allowance, used) ?? 0;
      expect(shown >= percent).toBe(isPercentReached(allowance, used, percent));
    }),
  );
});

describe('overage of now', () => {
  test.each([
    ['what is counted already', 100_000, 0, 0],
    ['what has come since, without a grant', 130_000, 0, 30_000],
    ['what has come since, and a grant covers', 130_000, 50_000, 0],
    ['what has come since, and a grant covers in part', 180_000, 50_000, 30_000],
  ])('%s', (_what, usedTokens, left, overage) => {
    expect(overageSoFar(terms, counted, usedTokens, left)).toBe(overage);
  });

  test('is what is billed, whenever it is asked for', () => {
    const grants = [{ id: 'g', tokens: 50, since: JANUARY, expiresAt: null, usedTokens: 0 }];
    const small = someTerms({ includedTokens: 100 });
    const amounts = fc.array(fc.integer({ min: 0, max: 90 }), { maxLength: 8 });
    fc.assert(
      fc.property(amounts, fc.nat(8), (tokens, seen) => {
        const empty = { period: openPeriod({ start: JANUARY, end: FEBRUARY }, small), grants };
        const states = [empty];
        for (const count of tokens) {
          const { period, grants: left } = states.at(-1) ?? empty;
          states.push(countLine(period, aLine(count), left) as typeof empty);
        }
        const then = states[Math.min(seen, tokens.length)] ?? empty;
        const last = states.at(-1) ?? empty;
        const { usedTokens } = then.period;
        const statement = { usedTokens, overageTokens: overageTokens(then.period) };
        const left = then.grants.reduce((sum, one) => sum + one.tokens - one.usedTokens, 0);
        const now = overageSoFar(small, statement, last.period.usedTokens, left);
        expect(now).toBe(overageTokens(last.period));
      }),
    );
  });

  test('is none in a trial, and none without a limit', () => {
    expect(overageSoFar(trialTerms(terms), counted, 500_000, 0)).toBe(0);
    expect(overageSoFar(someTerms({ includedTokens: null }), counted, 500_000, 0)).toBe(0);
  });
});

describe('the amount due', () => {
  const rate = { pricePerMillionTokens: '3.00', reportedTokens: 0 };
  const rates = [
    { ...rate, rateId: 'standard', tokens: 30_500, amountCents: '9.15' },
    { ...rate, rateId: 'acme', vendor: 'acme', tokens: 1_500, amountCents: '0.45' },
  ];

  test('is the base price and each line, rounded once', () => {
    expect(costOf(terms, { rates, late: [] })).toMatchObject({
      ...{ amountDueCents: 2909, basePriceCents: 2900 },
      lines: [{ amountCents: 9 }, { amountCents: 0 }],
    });
  });

  test('is the same, told from a statement or from tokens by rate', () => {
    const tokens = fc.integer({ min: 0, max: 10_000_000_000 });
    const two = someTerms({
      rates: ['3.00', '0.15'].map((pricePerMillionTokens, at) =>
        aRate({ id: `r${at}`, pricePerMillionTokens }),
      ),
    });
    fc.assert(
      fc.property(tokens, tokens, (...counts) => {
        const lines = two.rates.map(({ id, pricePerMillionTokens }, at) => ({
          ...{ rateId: id, pricePerMillionTokens, tokens: counts[at] ?? 0, reportedTokens: 0 },
          amountCents: exactCents(counts[at] ?? 0, pricePerMillionTokens),
        }));
        const told = costOf(two, { rates: lines, late: [] });
        const byRate = (id: string) => counts[id === 'r0' ? 0 : 1] ?? 0;
        expect(told.amountDueCents).toBe(amountDueCents(two, byRate));
        expect(told.usageCents).toBe(dueOf(0, usageLines(two, byRate), []).usageCents);
        expect(told.amountDueCents).toBe(told.basePriceCents + told.usageCents);
      }),
    );
  });

  test('has no discounts where none is told', () => {
    expect(costOf(terms, { rates: [], late: [] }).discounts).toEqual([]);
  });

  test('is less what the invoice’s discounts take, and else what coming ones will', () => {
    const coming = [{ coupon: 'LAUNCH', percentOff: '20' }];
    // 580 of 2900, 2 of 9, none of 0.
    expect(costOf(terms, { rates, late: [], comingDiscounts: coming })).toMatchObject({
      ...{ amountDueCents: 2327, basePriceCents: 2900, usageCents: 9 },
      discounts: [{ coupon: 'LAUNCH', amountCents: 582 }],
    });
    const invoice = { id: 'in_feb', status: 'open', totalCents: 2809 };
    const discounts = [{ coupon: null, amountCents: 100 }];
    const invoiced = { rates, late: [], comingDiscounts: coming };
    expect(costOf(terms, { ...invoiced, invoice: { ...invoice, discounts } })).toMatchObject({
      ...{ amountDueCents: 2809, discounts },
    });
    expect(costOf(terms, { ...invoiced, invoice })).toMatchObject({
      ...{ amountDueCents: 2909, discounts: [] },
    });
  });

  test('is less what coming discounts take of usage alone, by its rate', () => {
    const only = { isOnBase: false, rateIds: ['overage_standard'] };
    const half = [{ coupon: 'HALF', percentOff: '50', only }];
    // 1,000,000 tokens are $3.00.
    expect(amountDueCents(terms, () => 1_000_000, half)).toBe(2900 + 150);
  });

  test('of a trial has no base price', () => {
    expect(costOf(trialTerms(terms), { rates: [], late: [] }).amountDueCents).toBe(0);
  });
});

describe('late usage', () => {
  const rates = [{ ...anOverage(), tokens: 1_000, amountCents: '0.3' }];
  const late = [{ rateId: 'overage_standard', tokens: 1_000_000, settledTokens: 1_000_000 }];
  const due = (lateUsage: LateUsagePolicy, change: Partial<Statement> = {}) =>
    costOf(someTerms({ lateUsage }), aStatement({ rates, late, ...change })).amountDueCents;

  test.each([
    ['that the next invoice bills is due', 'next_invoice' as const, 2900 + 300],
    ['that the plan writes off is not', 'write_off' as const, 2900],
  ])('%s', (_what, lateUsage, cents) => {
    expect(due(lateUsage)).toBe(cents);
  });

  test('that was billed too much and is credited is not due', () => {
    const invoiced = [{ ...anOverage(), tokens: 10_050_000, amountCents: '3015' }];
    const back = [{ rateId: 'overage_standard', tokens: -10_000_000, settledTokens: 0 }];
    expect(due('next_invoice', { rates: invoiced, late: back })).toBe(2900 + 15);
  });

  test('that is billed by lines is due once', () => {
    const lines = rates.map((rate) => ({ ...rate, lineTokens: 1_000_000 }));
    expect(due('next_invoice', { rates: lines })).toBe(2900 + 300);
    expect(due('write_off', { rates: lines })).toBe(2900 + 300);
  });
});

test('each rate shows its tokens with its own late ones, whose they are, and at what price', () => {
  const acme = { ...anOverage(), rateId: 'acme', vendor: 'acme' };
  const late = [
    { rateId: 'acme', tokens: 1_000_000, settledTokens: 0 },
    { rateId: 'overage_standard', tokens: 2_000_000, settledTokens: 0 },
  ];
  const { lines } = costOf(terms, aStatement({ rates: [anOverage(), acme], late }));
  const at3 = { pricePerMillionTokens: '3.00' };
  expect(lines).toEqual([
    { rateId: 'overage_standard', vendor: undefined, tokens: 2_050_000, ...at3, amountCents: 615 },
    { rateId: 'acme', vendor: 'acme', tokens: 1_050_000, ...at3, amountCents: 315 },
  ]);
});
