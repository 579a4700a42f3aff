/** Goal: what a reading of Stripe’s subscription opens, extends and cuts, and what it leaves. */
import { emptyBillingState } from '../../../src/core/state/billing-state';
import type { BillingState } from '../../../src/core/state/billing-state';
import type { PeriodState } from '../../../src/core/state/period-state';
import { NO_TOKENS } from '../../../src/core/state/periods';
import { billingStatusOf, followSubscription } from '../../../src/core/subscription/subscription';
import type { SubscriptionSnapshot } from '../../../src/core/subscription/subscription-snapshot';
import { trialTerms } from '../../../src/core/subscription/trial';
import {
  aPeriod,
  aState,
  aSubscription,
  FEBRUARY,
  JANUARY,
  MARCH,
  someTerms,
} from '../../support/builders/builders';

const DAY = 86_400;
const DECEMBER = JANUARY - 31 * DAY;
const APRIL = MARCH + 31 * DAY;
const dearer = someTerms({ monthlyPriceCents: 3_900 });
const inFebruary = { start: FEBRUARY, end: MARCH };
const spans = ({ periods }: BillingState) => periods.map(({ start, end }) => [start, end]);
const read = (change: Partial<SubscriptionSnapshot>, state = aState()): BillingState =>
  followSubscription(state, aSubscription(change));
const firstRead = (change: Partial<SubscriptionSnapshot>) => read(change, emptyBillingState('ada'));

test.each([
  ['incomplete', 'incomplete'],
  ['incomplete_expired', 'ended'],
])('Stripe’s status %s means %s', (status, expected) => {
  expect(billingStatusOf(status)).toBe(expected);
});

test('that the customer was deleted at Stripe is kept', () => {
  const gone = read({ status: 'canceled', endedAt: FEBRUARY, isCustomerGone: true });
  expect(gone.isCustomerGone).toBe(true);
  expect(read({ status: 'canceled', endedAt: FEBRUARY }, gone).isCustomerGone).toBe(true);
});

describe('usage that waits for a period', () => {
  const waiting = (...periods: PeriodState[]) => aState({ periods, awaitsPeriod: true });

  test('goes on waiting while nothing new is known', () => {
    expect(read({}, waiting(aPeriod())).awaitsPeriod).toBe(true);
  });

  test('is looked at again with the next period, be it the third that is open', () => {
    const february = aPeriod(inFebruary);
    const state = waiting(aPeriod(), february);
    const march = { currentPeriod: { start: MARCH, end: APRIL } };
    expect(read(march, state).awaitsPeriod).toBe(false);
    expect(read({ currentPeriod: inFebruary }, state).awaitsPeriod).toBe(true);
  });
});

describe('a run that has lost its state', () => {
  test('goes on from the last snapshot, as the subscription that was read', () => {
    const snapshot = aState({ appliedSequence: 4, periods: [aPeriod({ usedTokens: 7 })] });
    const past = {
      ...{ snapshot, periods: [], firstSequence: 1, lastSequence: 9 },
      ...{ settlements: [], resolutions: [], invoices: [] },
    };
    const on = firstRead({ recovered: { grants: [], past } });
    expect(on).toMatchObject({ customer: 'ada', appliedSequence: 4, subscriptionId: 'sub_ada' });
    expect(on.periods.map(({ usedTokens }) => usedTokens)).toEqual([7]);
  });

  test('and has no snapshot knows by the subscription’s id which periods are of another', () => {
    const recorded = (subscriptionId: string, start: number, end: number) => ({
      ...{ subscriptionId, start, end, terms: someTerms(), invoice: null },
      ...{ grantUses: {}, isArchived: false },
    });
    const past = {
      ...{ snapshot: null, firstSequence: 1, lastSequence: 9 },
      periods: [recorded('sub_old', DECEMBER, JANUARY), recorded('sub_ada', JANUARY, FEBRUARY)],
      ...{ settlements: [], resolutions: [], invoices: [] },
    };
    const on = firstRead({ recovered: { grants: [], past } });
    expect(on.periods.map(({ subscriptionId }) => subscriptionId)).toEqual(['sub_old', undefined]);
    expect(on.customer).toBe('ada');
  });

  test('takes each period’s own reports over, and needs none', () => {
    const reported = (periodStart: number, reports: number) => ({
      ...{ periodStart, rateId: 'overage_standard', reports, reportedTokens: 100 * reports },
    });
    const reports = [reported(FEBRUARY, 2), reported(JANUARY, 9)];
    const late = { currentPeriod: inFebruary, invoiceEdges: [JANUARY, FEBRUARY] };
    const rate = (count: number, lastSecond: number) => ({
      overage_standard: { ...NO_TOKENS, reports: count, reportedTokens: 100 * count, lastSecond },
    });
    const begun = firstRead({ ...late, recovered: { archivedUntil: null, grants: [], reports } });
    expect(begun.periods.map(({ rates }) => rates)).toEqual([rate(9, JANUARY), rate(2, FEBRUARY)]);
    const without = firstRead({ ...late, recovered: { archivedUntil: null, grants: [] } });
    expect(without.periods.map(({ rates }) => rates)).toEqual([{}, {}]);
  });
});

describe('a trial', () => {
  const trial = (end: number, change: Partial<PeriodState> = {}) =>
    aPeriod({ end, terms: trialTerms(someTerms()), ...change });
  const trialing = (end: number) => ({
    ...{ status: 'trialing', trialStart: JANUARY, trialEnd: end },
    currentPeriod: { start: JANUARY, end },
  });
  const end = JANUARY + 10 * DAY;

  test('that is extended keeps what was counted in it', () => {
    const state = aState({
      periods: [aPeriod({ start: DECEMBER, end: JANUARY }), trial(end, { usedTokens: 7 })],
    });
    const extended = read(trialing(end + DAY), state);
    expect(extended.periods.map((one) => [one.end, one.usedTokens])).toEqual([
      [JANUARY, 0],
      [end + DAY, 7],
    ]);
    expect(extended.recount).toBeNull();
  });

  test('that is made shorter ends there, and is counted again', () => {
    const cut = read(trialing(end - DAY), aState({ periods: [trial(end)] }));
    expect(cut.periods).toMatchObject([{ start: JANUARY, end: end - DAY, wholeEnd: end }]);
    expect(cut.recount).toMatchObject({ cutPeriod: JANUARY });
  });

  test.each([
    ['an ordinary period', aPeriod(), { trialEnd: end }],
    ['a trial of which another end is told', trial(FEBRUARY), { trialEnd: FEBRUARY }],
  ])('%s is not made shorter by a period that ends before it', (_what, period, told) => {
    const state = aState({ periods: [period] });
    const seen = read({ ...told, currentPeriod: { start: JANUARY, end } }, state);
    expect(spans(seen)).toEqual([[JANUARY, FEBRUARY]]);
    expect(seen.recount).toBeNull();
  });

  test.each<[string, number[], boolean]>([
    ['its end as another period’s end', [JANUARY, end, JANUARY + 20 * DAY, FEBRUARY], true],
    ['a time that only begins with its end', [end, FEBRUARY], true],
    ['a time that only ends with the pause', [JANUARY, JANUARY + 20 * DAY], true],
    ['the very time between', [end, JANUARY + 20 * DAY], false],
  ])('is followed by a pause, or not, where an invoice has %s', (_what, invoiceEdges, isPause) => {
    const currentPeriod = { start: JANUARY + 20 * DAY, end: FEBRUARY + 20 * DAY };
    const state = read(
      { trialEnd: end, invoiceEdges, currentPeriod },
      aState({ periods: [trial(end)] }),
    );
    const isOpened = spans(state).some(([start]) => start === end);
    expect(isOpened).toBe(!isPause);
  });
});

describe('an end', () => {
  const cut = JANUARY + 10 * DAY;
  const canceled = (endedAt: number, change: Partial<SubscriptionSnapshot> = {}) => ({
    ...{ status: 'canceled', endedAt },
    ...change,
  });

  test('that is read again changes nothing more', () => {
    const once = { ...read(canceled(cut)), recount: null };
    expect(read(canceled(cut), once)).toEqual(once);
  });

  test('that is known at the first reading cuts the last period alone', () => {
    const state = firstRead(
      canceled(FEBRUARY + DAY, { currentPeriod: inFebruary, invoiceEdges: [JANUARY, FEBRUARY] }),
    );
    expect(state.periods.map(({ end, wholeEnd }) => [end, wholeEnd])).toEqual([
      [FEBRUARY, undefined],
      [FEBRUARY + DAY, MARCH],
    ]);
  });

  test('that is none cuts nothing', () => {
    expect(firstRead({}).periods[0]).not.toHaveProperty('wholeEnd');
  });

  test('in the first second of a period opens none', () => {
    const state = read(canceled(FEBRUARY, { currentPeriod: inFebruary }));
    expect(spans(state)).toEqual([[JANUARY, FEBRUARY]]);
  });

  test('as it began leaves no period, however often it is read', () => {
    const expired = { status: 'incomplete_expired', endedAt: JANUARY };
    const once = firstRead(expired);
    expect(once).toMatchObject({ billingStatus: 'ended', periods: [], archived: [] });
    expect(read(expired, once)).toEqual(once);
  });

  test.each([
    ['before the period that is open leaves it', { endedAt: JANUARY - 1, trialStart: null }, 0],
    ['as it began leaves it, in a reading of 0.1.0', { endedAt: JANUARY }, 0],
    ['as it began leaves nothing of it', { endedAt: JANUARY, trialStart: null }, FEBRUARY],
  ])('%s', (_when, change, wholeEnd) => {
    const state = read({ status: 'canceled', ...change });
    const [period] = state.periods;
    expect(period?.wholeEnd ?? 0).toBe(wholeEnd);
    expect(period?.end).toBe(wholeEnd === 0 ? FEBRUARY : JANUARY);
  });
});

describe('months that we slept through', () => {
  const march = { start: MARCH, end: APRIL };
  const edges = [FEBRUARY, MARCH];
  const prices = ({ periods }: BillingState) => periods.map(({ terms }) => terms.monthlyPriceCents);

  test('are of the plan before, and the last one of the plan of now', () => {
    const state = read({ currentPeriod: march, invoiceEdges: edges, terms: dearer });
    expect(prices(state)).toEqual([2_900, 2_900, 3_900]);
  });

  test('are of the plan of now after a trial', () => {
    const trial = aPeriod({ terms: trialTerms(someTerms()) });
    const state = read(
      { currentPeriod: march, invoiceEdges: edges, terms: dearer },
      aState({ periods: [trial] }),
    );
    expect(prices(state).slice(1)).toEqual([3_900, 3_900]);
  });

  test('are of its own plan where another subscription follows', () => {
    const left = read({ status: 'canceled', endedAt: FEBRUARY });
    const next = { subscriptionId: 'sub_2', startedAt: FEBRUARY };
    const state = read({ ...next, currentPeriod: march, invoiceEdges: edges, terms: dearer }, left);
    expect(prices(state)).toEqual([2_900, 3_900, 3_900]);
  });
});

test('what was paid 36 days before the one period that is open is forgotten', () => {
  const start = FEBRUARY + 36 * DAY;
  const currentPeriod = { start, end: start + 30 * DAY };
  const paid = aPeriod({ phase: 'paid' });
  const state = aState({ periods: [aPeriod(currentPeriod)], archived: [paid] });
  expect(read({ currentPeriod }, state).archived).toEqual([]);
});
