/** Goal: a customer is told of each threshold once in a period, and at the very token. */
import fc from 'fast-check';
import type { BillingState } from '../../../src/core/state/billing-state';
import { countBatches } from '../../../src/core/counting/counting';
import { usageThresholdData, usageThresholdFact } from '../../../src/core/dunning/notification';
import { planTerms } from '../../../src/core/plans/catalog';
import { dueThresholds, nextThreshold, noteThreshold } from '../../../src/core/counting/thresholds';
import { parseCatalog } from '../../../src/stripe/catalog-file';
import {
  aBatch,
  aLine,
  aPeriod,
  aState,
  FEBRUARY,
  JANUARY,
  MARCH,
  someTerms,
} from '../../support/builders/builders';

const usageThresholds = [80, 100];
const withThresholds = (thresholds = usageThresholds) =>
  aState({ periods: [aPeriod({ terms: someTerms({ usageThresholds: thresholds }) })] });

/** As the workflow does: tells of all that is due, and notes it. */
function tellAll(state: BillingState): { state: BillingState; told: [number, number][] } {
  const told: [number, number][] = [];
  for (let due = nextThreshold(state); due; due = nextThreshold(state)) {
    told.push([due.period.start, due.percent]);
    state = noteThreshold(state, due.period.start, due.percent);
  }
  return { state, told };
}

test.each([
  ['one token below it', 79_999, 100_000, [80, 100], []],
  ['at the very token', 80_000, 100_000, [80, 100], [80]],
  ['between two', 99_999, 100_000, [80, 100], [80]],
  ['when one batch jumps over both', 150_000, 100_000, [80, 100], [80, 100]],
  ['when 80 % of the allowance is no whole token', 2, 3, [80], []],
  ['beyond the allowance', 120_000, 100_000, [120], [120]],
  ['where the allowance is 2^53 − 1', Number.MAX_SAFE_INTEGER - 1, 2 ** 53 - 1, [100], []],
  ['on pay as you go, which includes nothing', 5, 0, [80, 100], []],
  ['on an unlimited plan', 10 ** 12, null, [80, 100], []],
  ['where the plan tells nothing', 10 ** 6, 100_000, [], []],
])('what is due %s', (_case, usedTokens, includedTokens, thresholds, expected) => {
  const terms = someTerms({ includedTokens, usageThresholds: thresholds });
  expect(dueThresholds(aPeriod({ terms, usedTokens }))).toEqual(expected);
});

test('a period that was opened before there were thresholds tells of none', () => {
  expect(nextThreshold(aState({ periods: [aPeriod({ usedTokens: 200_000 })] }))).toBeUndefined();
});

test('of two that are due at once, the lower is overtaken by the higher', () => {
  const state = countBatches(withThresholds(), [aBatch(1, aLine(150_000))]);
  expect(nextThreshold(state)).toMatchObject({ percent: 80, isOvertaken: true });
  const next = nextThreshold(noteThreshold(state, JANUARY, 80));
  expect(next).toMatchObject({ percent: 100, isOvertaken: false });
});

test('noting what is noted, or of a period that is gone, changes nothing', () => {
  const noted = noteThreshold(withThresholds(), JANUARY, 80);
  expect(noteThreshold(noted, JANUARY, 80)).toBe(noted);
  expect(noteThreshold(noted, MARCH, 80)).toBe(noted);
});

test('a vendor’s usage leaves the allowance alone, and so tells of nothing', () => {
  const state = countBatches(withThresholds(), [aBatch(1, aLine(500_000, { vendor: 'acme' }))]);
  expect(nextThreshold(state)).toBeUndefined();
});

test('the next period tells anew', () => {
  const terms = someTerms({ usageThresholds });
  const periods = [aPeriod({ terms }), aPeriod({ terms, start: FEBRUARY, end: MARCH })];
  const both = [aLine(80_000), aLine(80_000, { second: FEBRUARY })];
  const { told } = tellAll(countBatches(aState({ periods }), [aBatch(1, ...both)]));
  expect(told).toEqual([
    [JANUARY, 80],
    [FEBRUARY, 80],
  ]);
});

test('in any order of batches, early, late, twice or recounted, each is told once: as it is reached', () => {
  const batches = fc.array(fc.nat({ max: 60_000 }), { minLength: 1, maxLength: 12 });
  const thresholds = fc
    .uniqueArray(fc.integer({ min: 1, max: 300 }), { maxLength: 4 })
    .map((list) => list.sort((a, b) => a - b));
  const arrivals = fc.array(fc.nat({ max: 11 }), { maxLength: 40 });
  fc.assert(
    fc.property(batches, thresholds, arrivals, (tokens, percents, order) => {
      const sealed = tokens.map((count, index) => aBatch(index + 1, aLine(count)));
      const tellings = new Map<number, number>();
      let state = withThresholds(percents);
      // At random, then all in order: what a gap read from the ledger brings.
      for (const index of [...order, ...sealed.keys()]) {
        const before = state.periods[0]?.usedTokens ?? 0;
        const batch = sealed[index];
        const result = tellAll(batch ? countBatches(state, [batch]) : state);
        state = JSON.parse(JSON.stringify(result.state)) as BillingState;
        const after = state.periods[0]?.usedTokens ?? 0;
        for (const [, percent] of result.told) {
          expect(before).toBeLessThan(percent * 1_000);
          expect(after).toBeGreaterThanOrEqual(percent * 1_000);
          tellings.set(percent, (tellings.get(percent) ?? 0) + 1);
        }
      }
      const total = tokens.reduce((sum, count) => sum + count, 0);
      const reached = percents.filter((percent) => total >= percent * 1_000);
      expect([...tellings]).toEqual(reached.map((percent) => [percent, 1]));
    }),
  );
});

describe('what a threshold tells', () => {
  const catalog = parseCatalog({
    currency: 'eur',
    defaultPlan: 'team',
    plans: [
      {
        ...{ id: 'team', name: 'Team', monthlyPriceCents: 0, includedTokens: 1000 },
        ...{ lateUsage: 'write_off', rates: ['over'], features: [] },
        access: {
          ...{ warnAtPercent: null, throttleAtPercent: null },
          ...{ throttledRequestsPerMinute: null, upgradeTo: null },
        },
      },
    ],
    rates: [
      { id: 'over', name: 'Tokens over', models: ['*'], pricePerMillionTokens: '3.00' },
      { id: 'acme', name: 'Acme', models: ['*'], pricePerMillionTokens: '9.00' },
    ],
    vendors: [{ id: 'acme', name: 'Acme', feePercent: '15', rates: ['acme'] }],
    costBook: [],
    dunning: { steps: [{ day: 0, action: 'notify' }] },
  });

  test('names plan, period, usage and the price of what follows, without vendors’ rates', () => {
    const period = aPeriod({ terms: planTerms(catalog, 'team'), usedTokens: 1200 });
    expect(usageThresholdData(catalog, usageThresholdFact('ada', period, 100))).toEqual({
      customer: 'ada',
      plan: { id: 'team', name: 'Team' },
      period: { start: '2026-01-01T00:00:00Z', end: '2026-02-01T00:00:00Z' },
      thresholdPercent: 100,
      includedTokens: 1000,
      usedTokens: 1200,
      overageTokens: 200,
      currency: 'eur',
      overageRates: [{ id: 'over', name: 'Tokens over', pricePerMillionTokens: '3.00' }],
    });
  });

  test('calls a plan that has left the catalog by its id', () => {
    const period = aPeriod({ usedTokens: 100_000 });
    const data = usageThresholdData(catalog, usageThresholdFact('ada', period, 100));
    expect(data.plan).toEqual({ id: 'starter', name: 'starter' });
  });
});
