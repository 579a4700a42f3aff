/**
 * Goal: the workflow takes over Stripe's periods and state, the same reading twice changing
 * nothing.
 */
import { countBatches } from '../../../src/core/counting/counting';
import { nextReport } from '../../../src/core/counting/reporting';
import { emptyBillingState } from '../../../src/core/state/billing-state';
import { queueHint, takeHint } from '../../../src/core/state/hints';
import { uninvoicedTokens } from '../../../src/core/subscription/after-end';
import { followSubscription } from '../../../src/core/subscription/subscription';
import { billingDetails } from '../../../src/core/state/billing-details';
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
} from '../../support/builders/builders';
import { grouped } from '../../../src/core/grouped';
import { NO_TOKENS } from '../../../src/core/state/periods';

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

test('a period that was paid before an earlier one is not opened again', () => {
  const unpaid = aPeriod({ phase: 'finalized' });
  const paid = aPeriod({ start: FEBRUARY, end: MARCH, phase: 'paid' });
  const state = aState({ billingStatus: 'ended', periods: [unpaid], archived: [paid] });
  const ended = { ...renewed, status: 'canceled', endedAt: MARCH, isLastPeriodInvoiced: true };
  const again = followSubscription(state, ended);
  expect([again.periods, again.archived]).toEqual([[unpaid], [paid]]);
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

const at = (iso: string): number => Date.parse(`${iso}T00:00:00Z`) / 1000;

test.each([
  [
    'the 31st',
    ['2026-01-31', '2026-02-28', '2026-03-31', '2026-04-30', '2026-05-31', '2026-06-30'],
  ],
  [
    '29 February, by the year',
    ['2028-02-29', '2029-02-28', '2030-02-28', '2031-02-28', '2032-02-29'],
  ],
  [
    '29 February, by the month',
    ['2028-02-29', '2028-03-29', '2028-04-29', '2029-02-28', '2029-03-29'],
  ],
])('periods that began on %s follow Stripe’s own edges, without gap or overlap', (_day, days) => {
  const edges = days.map(at);
  const [first, ...others] = edges as [number, ...number[]];
  let state = emptyBillingState('ada');
  others.forEach((end, index) => {
    const currentPeriod = { start: edges[index] ?? first, end };
    state = followSubscription(state, aSubscription({ startedAt: first, currentPeriod }));
  });
  const known = state.periods.map(({ start, end }) => [start, end]);
  expect(known).toEqual(others.map((end, index) => [edges[index], end]));
  expect(state.recount).toBeNull();
});

describe('a trial that ended without a way to pay', () => {
  const DAY = 86_400;
  const trialEnd = JANUARY + 10 * DAY;
  const resumedAt = JANUARY + 15 * DAY;
  const onTrial = aState({ billingStatus: 'trialing', periods: [aPeriod({ end: trialEnd })] });
  const paused = aSubscription({
    ...{ status: 'paused', trialEnd, currentPeriod: { start: JANUARY, end: trialEnd } },
  });
  const resumed = aSubscription({
    ...{ trialEnd, currentPeriod: { start: resumedAt, end: resumedAt + 31 * DAY } },
  });
  const inPause = aBatch(1, aLine(9, { second: trialEnd + 1 }), aLine(4, { second: resumedAt }));

  test('pauses the subscription, and no period begins', () => {
    const state = followSubscription(onTrial, paused);
    expect(state).toEqual({ ...onTrial, billingStatus: 'paused' });
  });

  test('leaves a gap once it is resumed: the period begins with the payment', () => {
    const state = followSubscription(followSubscription(onTrial, paused), resumed);
    expect(state.billingStatus).toBe('active');
    expect(state.periods.map(({ start }) => start)).toEqual([JANUARY, resumedAt]);
    expect(state.recount).toBeNull();
  });

  test('usage in the gap waits until it is resumed, and is then recorded, not billed', () => {
    const waiting = countBatches(followSubscription(onTrial, paused), [inPause]);
    expect(waiting.awaitsPeriod).toBe(true);
    const state = countBatches(followSubscription(waiting, resumed), [inPause]);
    expect(state.unbilledTokens).toBe(9);
    expect(state.periods.at(-1)?.usedTokens).toBe(4);
  });

  test('is no gap where an invoice tells of the month after the trial: we slept through it', () => {
    const read = { ...renewed, trialEnd: JANUARY, invoiceEdges: [JANUARY, FEBRUARY] };
    const trial = aPeriod({ start: JANUARY - 10 * DAY, end: JANUARY });
    const state = followSubscription(aState({ periods: [trial] }), read);
    expect(state.periods.slice(1).map(({ start }) => start)).toEqual([JANUARY, FEBRUARY]);
  });

  test('nor for a workflow that lost its state before that month was paid', () => {
    const recovered = { archivedUntil: JANUARY, grants: [], reports: [] };
    const edges = [FEBRUARY, MARCH, JANUARY, FEBRUARY];
    const read = { ...renewed, trialEnd: JANUARY, invoiceEdges: edges, recovered };
    const state = followSubscription(emptyBillingState('ada'), read);
    expect(state.periods.map(({ start }) => start)).toEqual([JANUARY, FEBRUARY]);
  });
});

describe('a paid period is remembered for late usage', () => {
  const DAY = 86_400;
  const paid = aPeriod({ phase: 'paid' });
  const afterDays = (days: number, archived = paid): number => {
    const start = FEBRUARY + days * DAY;
    const periods = [aPeriod({ start: start - DAY, end: start })];
    const currentPeriod = { start, end: start + 30 * DAY };
    const state = aState({ periods, archived: [archived] });
    return followSubscription(state, aSubscription({ currentPeriod })).archived.length;
  };

  test('for the 36 days in which some may come', () => {
    expect(afterDays(35)).toBe(1);
  });

  test('and not longer', () => {
    expect(afterDays(36)).toBe(0);
  });

  test('unless its late usage is on no invoice yet', () => {
    const late = { overage_standard: { tokens: 5, settledTokens: 2, settlements: 1 } };
    expect(afterDays(400, { ...paid, late })).toBe(1);
  });
});

describe('what no invoice bills when a subscription has ended', () => {
  const rates = { overage_standard: { ...NO_TOKENS, tokens: 50_000 } };
  const state = aState({ billingStatus: 'ended', periods: [aPeriod({ rates })] });

  test.each([
    ['all billable tokens of the last period, where Stripe made no invoice', false, 50_000],
    ['nothing, where it did', true, 0],
    ['nothing, as long as the subscription lasts', null, 0],
  ])('%s', (_case, isLastPeriodInvoiced, expected) => {
    expect(uninvoicedTokens(state, aSubscription({ isLastPeriodInvoiced }))).toBe(expected);
  });
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
  const details = billingDetails(
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
