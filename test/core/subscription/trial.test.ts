/**
 * Goal: what is used in a trial is counted and shown, and is billable in no case; the first paid
 * period begins with a whole allowance and all grants.
 */
import { countBatches } from '../../../src/core/counting/counting';
import { booksOf } from '../../../src/core/proof/books';
import { trialTerms } from '../../../src/core/subscription/trial';
import { projectPeriod } from '../../../src/core/plans/projection';
import { ratesToReport } from '../../../src/core/counting/reporting';
import { takeOverRecount } from '../../../src/core/counting/recount';
import { recountAnswer } from '../../support/builders/recounting';
import { emptyBillingState } from '../../../src/core/state/billing-state';
import type { BillingState } from '../../../src/core/state/billing-state';
import { statementOf } from '../../../src/core/invoices/statement';
import { followSubscription } from '../../../src/core/subscription/subscription';
import {
  aBatch,
  aGrant,
  aLine,
  aMeteredLine,
  anInvoice,
  aRate,
  aSubscription,
  FEBRUARY,
  JANUARY,
  MARCH,
  someTerms,
} from '../../support/builders/builders';
import { differences } from '../../../src/core/proof/differences';
import { overageTokens } from '../../../src/core/counting/allowance';
import type { SubscriptionSnapshot } from '../../../src/core/subscription/subscription-snapshot';

const DAY = 86_400;
const TRIAL_END = JANUARY + 14 * DAY;

/** Two weeks of trial from January on. */
const trialing = (overrides: Partial<SubscriptionSnapshot> = {}) =>
  aSubscription({
    status: 'trialing',
    trialStart: JANUARY,
    trialEnd: TRIAL_END,
    currentPeriod: { start: JANUARY, end: TRIAL_END },
    ...overrides,
  });

const begun = (snapshot = trialing()): BillingState =>
  followSubscription({ ...emptyBillingState('ada'), grants: [aGrant()] }, snapshot);

const noUsage = anInvoice({ lines: [aMeteredLine(0, { end: TRIAL_END })] });

const only = (state: BillingState) => {
  const [period] = state.periods;
  if (!period) throw new Error('no period');
  return period;
};

test('181,384 tokens of a trial are shown, and none of them is billable', () => {
  const state = countBatches(begun(), [aBatch(1, aLine(181_384))]);
  const period = only(state);
  expect(statementOf(state, period)).toMatchObject({
    ...{ isTrial: true, usedTokens: 181_384, overageTokens: 0 },
    rates: [{ tokens: 0, amountCents: '0' }],
  });
  expect(ratesToReport(state)).toEqual([]);
  expect(state.grants).toMatchObject([{ usedTokens: 0 }]);
});

test('what a vendor sells in a trial is not billable either', () => {
  const rates = [aRate({ id: 'agents', vendor: 'acme' }), aRate()];
  const state = countBatches(begun(trialing({ terms: someTerms({ rates }) })), [
    aBatch(1, aLine(5_000, { vendor: 'acme' })),
  ]);
  expect(only(state)).toMatchObject({ usedTokens: 0, rates: {} });
  const ledger = { usedTokens: 0, vendorTokens: 5_000 };
  expect(differences(only(state), ledger, {}, noUsage, booksOf(state))).toEqual([]);
});

test('an invoice without usage is what a trial with usage is to have', () => {
  const state = countBatches(begun(), [aBatch(1, aLine(181_384))]);
  const ledger = { usedTokens: 181_384, vendorTokens: 0 };
  const meter = { overage_standard: 0 };
  expect(differences(only(state), ledger, meter, noUsage, booksOf(state))).toEqual([]);
});

test('the first paid period begins with the base price, its allowance and all grants', () => {
  const paid = trialing({
    status: 'active',
    currentPeriod: { start: TRIAL_END, end: TRIAL_END + 31 * DAY },
  });
  const state = countBatches(followSubscription(begun(), paid), [
    aBatch(1, aLine(150_000)),
    aBatch(2, aLine(100_500, { second: TRIAL_END })),
  ]);
  expect(state.periods).toMatchObject([
    { terms: { monthlyPriceCents: 0, isTrial: true }, usedTokens: 150_000 },
    { terms: { monthlyPriceCents: 2900 }, usedTokens: 100_500, grantUses: { goodwill: 500 } },
  ]);
  expect(state.periods[1]?.terms.isTrial).toBeUndefined();
});

test('a month slept through after the trial is no trial', () => {
  const later = trialing({
    status: 'active',
    currentPeriod: { start: FEBRUARY, end: MARCH },
    invoiceEdges: [TRIAL_END, FEBRUARY],
  });
  const { periods } = followSubscription(begun(), later);
  expect(periods.map(({ terms }) => [terms.isTrial, terms.monthlyPriceCents])).toEqual([
    [true, 0],
    [undefined, 2900],
    [undefined, 2900],
  ]);
});

test.each([
  ['extended', { end: FEBRUARY }, {}],
  ['shortened', { end: JANUARY + 7 * DAY }, { trialEnd: JANUARY + 7 * DAY }],
])('a trial that is %s stays one', (_how, { end }, changed) => {
  const snapshot = trialing({
    ...{ trialEnd: end, currentPeriod: { start: JANUARY, end } },
    ...changed,
  });
  expect(followSubscription(begun(), snapshot).periods).toMatchObject([
    { start: JANUARY, end, terms: { isTrial: true } },
  ]);
});

test('a trial ended now bills nothing of before and all from now on', () => {
  const now = JANUARY + 3 * DAY;
  const state = followSubscription(
    countBatches(begun(), [aBatch(1, aLine(180_000))]),
    trialing({
      status: 'active',
      trialEnd: now,
      currentPeriod: { start: now, end: now + 31 * DAY },
    }),
  );
  expect(state.periods).toMatchObject([
    { start: JANUARY, end: now, terms: { isTrial: true }, rates: {} },
    { start: now, terms: { monthlyPriceCents: 2900 } },
  ]);
});

test('canceled in the trial, nothing is owed', () => {
  const endedAt = JANUARY + 5 * DAY;
  const state = followSubscription(
    countBatches(begun(), [aBatch(1, aLine(5_000_000))]),
    trialing({ status: 'canceled', endedAt, isLastPeriodInvoiced: false }),
  );
  expect(only(state)).toMatchObject({ end: endedAt, rates: {} });
});

test('another plan within the trial is tried as well', () => {
  const pro = someTerms({ planId: 'pro', monthlyPriceCents: 9900 });
  const state = followSubscription(begun(), trialing({ terms: pro }));
  expect(only(state).terms).toEqual(trialTerms(pro));
});

test('a trial that was taken for a paid period is counted again, and what was reported taken back', () => {
  const before = countBatches(begun(trialing({ trialStart: null })), [aBatch(1, aLine(150_000))]);
  const reported = {
    ...before,
    periods: before.periods.map((period) => ({
      ...period,
      rates: { overage_standard: { ...period.rates.overage_standard, reportedTokens: 49_000 } },
    })),
  } as BillingState;
  const marked = followSubscription(reported, trialing());
  expect(marked.recount?.reasons).toEqual(['usage of a trial is not billed']);
  const recounted = takeOverRecount(marked, recountAnswer(marked, [aBatch(1, aLine(150_000))]));
  expect(only(recounted)).toMatchObject({
    rates: { overage_standard: { tokens: 0, reportedTokens: 49_000 } },
  });
  expect(recounted.grants).toMatchObject([{ usedTokens: 0 }]);
});

test('a trial is projected to cost nothing, however much is used', () => {
  const terms = trialTerms(someTerms());
  const used = [{ model: 'gpt-4o-mini', tokenType: 'input' as const, tokens: 500_000 }];
  const period = { terms, start: JANUARY, end: TRIAL_END };
  expect(projectPeriod(period, used, JANUARY + 7 * DAY)).toEqual({
    ...{ tokens: 1_000_000, grantedTokens: 0, overageTokens: 0, amountCents: 0 },
  });
  expect(overageTokens({ terms, usedTokens: 500_000 })).toBe(0);
});
