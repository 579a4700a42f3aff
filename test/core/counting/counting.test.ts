/** Goal: every batch is counted exactly once, in order, in the period its second lies in. */
import fc from 'fast-check';
import { countLine } from '../../../src/core/counting/count-line';
import { countBatches, hasGap } from '../../../src/core/counting/counting';
import { billingDetails } from '../../../src/core/state/billing-details';
import { isoSecond } from '../../../src/core/period';
import { statementOf } from '../../../src/core/invoices/statement';
import type { UsageBatch } from '../../../src/core/usage/usage';
import { aBatch, aLine, aPeriod, aRate, aState, someTerms } from '../../support/builders/builders';
import { FEBRUARY, JANUARY, MARCH } from '../../support/builders/builders';

const twoMonths = () =>
  aState({
    periods: [aPeriod(), aPeriod({ start: FEBRUARY, end: MARCH })],
  });

test('a batch that comes again is counted once', () => {
  const once = countBatches(aState(), [aBatch(1, aLine(500))]);
  const twice = countBatches(once, [aBatch(1, aLine(500))]);
  expect(twice).toEqual(once);
  expect(once.periods[0]?.usedTokens).toBe(500);
});

test('a batch after a gap is not counted, and the gap is known', () => {
  const state = countBatches(aState(), [aBatch(1, aLine(1)), aBatch(3, aLine(3))]);
  expect(state.appliedSequence).toBe(1);
  expect(state.periods[0]?.usedTokens).toBe(1);
  expect(hasGap(state)).toBe(true);
});

test('reading the gap from the ledger counts all of it', () => {
  const state = countBatches(aState(), [aBatch(3, aLine(3))]);
  const read = countBatches(state, [aBatch(1, aLine(1)), aBatch(2, aLine(2)), aBatch(3, aLine(3))]);
  expect(read).toMatchObject({ appliedSequence: 3, knownSequence: 3 });
  expect(read.periods[0]?.usedTokens).toBe(6);
  expect(hasGap(read)).toBe(false);
});

test('the last second of a period and the first of the next land in different periods', () => {
  const lines = [aLine(10, { second: FEBRUARY - 1 }), aLine(20, { second: FEBRUARY })];
  const state = countBatches(twoMonths(), [aBatch(1, ...lines)]);
  expect(state.periods.map((period) => period.usedTokens)).toEqual([10, 20]);
});

test('usage beyond the known periods waits, whole batch, until the next period is known', () => {
  const batch = aBatch(1, aLine(10, { second: FEBRUARY - 1 }), aLine(20, { second: FEBRUARY }));
  const state = countBatches(aState(), [batch]);
  expect(state).toMatchObject({ appliedSequence: 0, knownSequence: 1, awaitsPeriod: true });
  expect(state.periods[0]?.usedTokens).toBe(0);
});

test('usage after the subscription ended is recorded as not billed and blocks nothing', () => {
  const ended = aState({ billingStatus: 'ended' });
  const state = countBatches(ended, [aBatch(1, aLine(7, { second: FEBRUARY + 5 }))]);
  expect(state).toMatchObject({ appliedSequence: 1, unbilledTokens: 7, awaitsPeriod: false });
});

test('usage before the first period is recorded as not billed', () => {
  const state = countBatches(aState(), [aBatch(1, aLine(7, { second: JANUARY - 1 }))]);
  expect(state).toMatchObject({ appliedSequence: 1, unbilledTokens: 7 });
  expect(state.periods[0]?.usedTokens).toBe(0);
});

test.each(['closing', 'reconciled'] as const)(
  'a %s period takes usage that arrives while its invoice is a draft',
  (phase) => {
    const state = countBatches(aState({ periods: [aPeriod({ phase })] }), [aBatch(1, aLine(7))]);
    expect(state.periods[0]?.usedTokens).toBe(7);
  },
);

test('usage after its invoice was finalized is late: kept apart from what was invoiced', () => {
  const finalized = aPeriod({ phase: 'finalized', usedTokens: 99_999 });
  const state = countBatches(aState({ periods: [finalized] }), [aBatch(1, aLine(8))]);
  expect(state.periods[0]).toMatchObject({
    usedTokens: 100_007,
    rates: {},
    late: { overage_standard: { tokens: 7, settledTokens: 0 } },
  });
  expect(state.unbilledTokens).toBe(0);
});

describe('whatever the order, repetition and grouping of deliveries', () => {
  const batches = fc
    .array(fc.array(fc.integer({ min: 1, max: 90_000 }), { minLength: 1, maxLength: 4 }), {
      minLength: 1,
      maxLength: 12,
    })
    .map((all): UsageBatch[] =>
      all.map((lines, at) => aBatch(at + 1, ...lines.map((n) => aLine(n)))),
    );

  test('counting and then reading the ledger ends in the same state as counting in order', () => {
    const deliveries = batches.chain((all) =>
      fc.record({
        all: fc.constant(all),
        deliveries: fc.array(fc.subarray(all, { minLength: 1 }), { maxLength: 8 }),
      }),
    );
    fc.assert(
      fc.property(deliveries, ({ all, deliveries: delivered }) => {
        const inOrder = countBatches(aState(), all);
        const shuffled = delivered.reduce(
          (state, some) => countBatches(state, [...some].reverse()),
          aState(),
        );
        const read = countBatches(shuffled, all);
        expect(read).toEqual(inOrder);
      }),
    );
  });
});

describe('usage with which sums would be no exact numbers any more', () => {
  const huge = (tokens: number, vendor?: string) =>
    aLine(tokens, { second: JANUARY + 5, ...(vendor !== undefined && { vendor }) });

  test.each([
    ['within the allowance', aPeriod({ terms: someTerms({ includedTokens: null }) }), undefined],
    ['beyond it', aPeriod(), undefined],
    ['of a vendor', aPeriod({ terms: someTerms({ rates: [aRate({ vendor: 'acme' })] }) }), 'acme'],
    ['without a price', aPeriod({ terms: someTerms({ rates: [] }) }), 'acme'],
    ['that came late', aPeriod({ phase: 'finalized' }), undefined],
  ])('%s is an exception, and what comes after it is counted', (_what, period, vendor) => {
    const empty = aState({ periods: [period] });
    const batches = [1, 2, 3].map((number) => aBatch(number, huge(4e15, vendor)));
    const state = countBatches(empty, [...batches, aBatch(4, huge(7, vendor))]);
    expect(state.appliedSequence).toBe(4);
    expect(state.exceptions).toMatchObject([
      { kind: 'usage_rejected', subject: isoSecond(JANUARY), since: (JANUARY + 5) * 1000 },
    ]);
    expect(state.exceptions[0]?.message).toContain('4000000000000000 tokens');
    const two = countBatches(empty, batches.slice(0, 2));
    const counted = countBatches(two, [aBatch(3, huge(7, vendor))]);
    expect(state.periods).toEqual(counted.periods);
    // What operators and the API are shown of it is no fault either.
    expect(statementOf(state, state.periods[0] ?? period).periodStart).toBe(JANUARY);
    expect(billingDetails(state)).toContain('Open exception');
  });
});

test('usage of a customer without any period waits for the first', () => {
  const state = countBatches(aState({ periods: [] }), [aBatch(1, aLine(5))]);
  expect(state).toMatchObject({ awaitsPeriod: true, appliedSequence: 0 });
});

test('a negative line is told and not counted, and one of nothing is nothing', () => {
  const state = countBatches(aState(), [aBatch(1, aLine(-5)), aBatch(2, aLine(0))]);
  expect(state.periods[0]?.usedTokens).toBe(0);
  expect(state.exceptions.map(({ kind, message }) => [kind, message])).toEqual([
    [
      'usage_rejected',
      '-5 tokens of gpt-4o-mini at 2026-01-01T01:00:00Z are in the ledger and not counted: with ' +
        'them the period has more tokens than an exact number can hold. Its invoice is held.',
    ],
  ]);
});

test('nothing of a vendor leaves no rate, and takes no grant', () => {
  const terms = someTerms({ rates: [aRate(), aRate({ id: 'acme', vendor: 'acme' })] });
  const { period, grants } = countLine(aPeriod({ terms }), aLine(0, { vendor: 'acme' }));
  expect([period.rates, grants]).toEqual([{}, []]);
});
