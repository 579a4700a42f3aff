/**
 * Goal: the workflow takes over Stripe's periods and state, the same reading twice changing
 * nothing.
 */
import { countBatches } from '../../src/core/counting';
import { nextReport } from '../../src/core/reporting';
import { emptyBillingState } from '../../src/core/billing-state';
import { queueHint, takeHint } from '../../src/core/hints';
import { followSubscription } from '../../src/core/subscription';
import { accountDetails, grouped } from '../../src/core/details';
import { NO_TOKENS } from '../../src/core/rating';
import {
  aBatch,
  aLine,
  aPeriod,
  aState,
  aSubscription,
  FEBRUARY,
  JANUARY,
  MARCH,
  someTerms,
} from '../support/builders';

const renewed = aSubscription({ currentPeriod: { start: FEBRUARY, end: MARCH } });

test('the first reading opens the current period under the plan’s terms', () => {
  const state = followSubscription(emptyBillingState('ada'), aSubscription());
  expect(state).toEqual(aState());
});

test('a workflow that begins after the first renewal still takes over the first period', () => {
  const late = { ...renewed, invoiceEdges: [FEBRUARY, MARCH] };
  const state = followSubscription(emptyBillingState('ada'), late);
  expect(state.periods.map(({ start, end }) => [start, end])).toEqual([
    [JANUARY, FEBRUARY],
    [FEBRUARY, MARCH],
  ]);
});

test('a workflow that lost its state reports only what Stripe has not acknowledged', () => {
  const recovered = {
    archivedUntil: FEBRUARY,
    grants: [],
    reports: [
      { periodStart: JANUARY, rateId: 'overage_standard', reports: 9, reportedTokens: 999 },
      { periodStart: FEBRUARY, rateId: 'overage_standard', reports: 2, reportedTokens: 500 },
    ],
  };
  const begun = followSubscription(emptyBillingState('ada'), { ...renewed, recovered });
  expect(begun.periods.map(({ start }) => start)).toEqual([FEBRUARY]);
  const ledger = [aBatch(1, aLine(100_999)), aBatch(2, aLine(100_700, { second: FEBRUARY + 60 }))];
  const counted = countBatches(begun, ledger);
  expect(nextReport(counted, 'overage_standard', 0)?.report).toMatchObject({
    number: 3,
    tokens: 200,
  });
});

test('reading the same again changes nothing', () => {
  const once = followSubscription(aState(), renewed);
  expect(followSubscription(once, renewed)).toEqual(once);
});

test('a renewal opens the next period and lets waiting usage be counted', () => {
  const state = followSubscription(aState({ awaitsPeriod: true }), renewed);
  expect(state.periods.map(({ start }) => start)).toEqual([aPeriod().start, FEBRUARY]);
  expect(state.awaitsPeriod).toBe(false);
});

test('a period keeps the terms it was opened with when the catalog changes', () => {
  const dearer = someTerms({ includedTokens: 50_000 });
  const state = followSubscription(aState(), { ...renewed, terms: dearer });
  expect(state.periods.map(({ terms }) => terms.includedTokens)).toEqual([100_000, 50_000]);
});

test.each([
  ['active', 'active'],
  ['trialing', 'trialing'],
  ['paused', 'paused'],
  ['past_due', 'past_due'],
  ['unpaid', 'past_due'],
  ['canceled', 'ended'],
  ['something_new', 'active'],
])('Stripe’s status %s means %s', (stripeStatus, expected) => {
  const state = followSubscription(aState(), aSubscription({ status: stripeStatus }));
  expect(state.billingStatus).toBe(expected);
});

test('several hints of one object are followed once, other objects in turn', () => {
  const hint = (id: string, type: string, objectId: string) => ({ id, type, objectId, created: 1 });
  const queued = [
    hint('evt_1', 'invoice.created', 'in_1'),
    hint('evt_2', 'invoice.updated', 'in_1'),
    hint('evt_3', 'customer.subscription.updated', 'sub_1'),
    hint('evt_4', 'customer.created', 'cus_1'),
  ].reduce(queueHint, aState());
  expect(queued.stripeEvents.map(({ id }) => id)).toEqual(['evt_1', 'evt_3']);
  const [taken, rest] = takeHint(queued);
  expect(taken?.id).toBe('evt_1');
  expect(rest.stripeEvents.map(({ id }) => id)).toEqual(['evt_3']);
});

test('an operator reads plan, period, usage, overage and open exceptions in the details', () => {
  const rates = { overage_standard: { ...NO_TOKENS, tokens: 50_000, reportedTokens: 50_000 } };
  const details = accountDetails(
    aState({
      periods: [aPeriod({ usedTokens: 150_000, rates })],
      exceptions: [{ kind: 'report_refused', subject: 'r', message: 'Stripe said no', since: 1 }],
    }),
  );
  expect(details).toContain('### ada: active');
  expect(details).toContain('150,000 of 100,000 included tokens used, 50,000 over.');
  expect(details).toContain('| overage_standard | 50,000 | 50,000 | 3.00 | 15 |');
  expect(details).toContain('**Open exception** (report_refused): Stripe said no');
});

test.each([
  [0, '0'],
  [999, '999'],
  [1_234_567, '1,234,567'],
])('%d is written %s', (tokens, expected) => {
  expect(grouped(tokens)).toBe(expected);
});
