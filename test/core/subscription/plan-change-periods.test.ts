/**
 * Goal: a change at Stripe (plan, billing date, end, trial) moves the edges and terms of periods
 * without losing usage, and the subscription has the items that its plan needs.
 */
import type { BillingState } from '../../../src/core/state/billing-state';
import { countBatches } from '../../../src/core/counting/counting';
import { ratesToReport } from '../../../src/core/counting/reporting';
import { followSubscription } from '../../../src/core/subscription/subscription';
import { itemsToArrange } from '../../../src/core/subscription/subscription-items';
import {
  aBatch,
  aLine,
  aPeriod,
  aRate,
  aState,
  aSubscription,
  FEBRUARY,
  JANUARY,
  MARCH,
  someTerms,
} from '../../support/builders/builders';
import { recount } from '../../support/builders/recounting';
import type { SubscriptionSnapshot } from '../../../src/core/subscription/subscription-snapshot';

const DAY = 86_400;
const CUT = JANUARY + 20 * DAY;
const STANDARD = 'overage_standard';
const flat = someTerms({ planId: 'enterprise', includedTokens: null, rates: [] });
const payg = someTerms({ planId: 'pay_as_you_go', rates: [aRate({ id: 'payg_standard' })] });

const spans = ({ periods }: BillingState) => periods.map(({ start, end }) => [start, end]);
const used = ({ periods }: BillingState) => periods.map(({ usedTokens }) => usedTokens);
const follow = (state: BillingState, overrides: Partial<SubscriptionSnapshot>): BillingState =>
  followSubscription(state, aSubscription(overrides));
/** Read twice, as after a webhook that comes twice. */
const followTwice = (state: BillingState, overrides: Partial<SubscriptionSnapshot>): BillingState =>
  follow(follow(state, overrides), overrides);

describe('another plan at Stripe', () => {
  test('holds for the current period from its first second, and the ledger is counted again', () => {
    const state = followTwice(aState(), { terms: payg });
    expect(state.periods[0]?.terms).toEqual(payg);
    expect(state.recount).toEqual({
      number: 1,
      reasons: ['plan starter became pay_as_you_go'],
    });
  });

  test('that comes with the next period leaves the current one alone', () => {
    const currentPeriod = { start: FEBRUARY, end: MARCH };
    const state = follow(aState(), { currentPeriod, terms: payg });
    expect(state.periods.map(({ terms }) => terms.planId)).toEqual(['starter', 'pay_as_you_go']);
    expect(state.recount).toBeNull();
  });

  test('does not touch a period that is invoiced', () => {
    const state = aState({ periods: [aPeriod({ phase: 'finalized' })] });
    expect(follow(state, { terms: payg }).periods).toEqual(state.periods);
  });

  test('and back again is counted again, too: each change asks for a count of its own', () => {
    const back = follow(follow(aState(), { terms: payg }), {});
    expect(back.periods[0]?.terms.planId).toBe('starter');
    expect(back.recount?.number).toBe(2);
  });

  test('new prices in the catalog for the same plan wait for the next period', () => {
    const dearer = someTerms({ rates: [aRate({ pricePerMillionTokens: '4.00' })] });
    expect(follow(aState(), { terms: dearer })).toEqual(aState());
  });

  test('Stripe bills an item from when it was added: later in the period that is noted', () => {
    const rateItems = { overage_standard: JANUARY, payg_standard: CUT, other: FEBRUARY };
    const state = followTwice(aState(), { terms: payg, rateItems });
    expect(state.periods[0]?.meteredFrom).toEqual({ payg_standard: CUT });
  });
});

describe('a subscription that ends within a period', () => {
  const canceled = { status: 'canceled', endedAt: CUT };

  test('ends the period, and its usage from then on is not billed', () => {
    const ledger = [
      aBatch(1, aLine(100, { second: CUT - 1 })),
      aBatch(2, aLine(7, { second: CUT }), aLine(3, { second: CUT, vendor: 'acme' })),
    ];
    const rates = [aRate(), aRate({ id: 'vendor_acme', vendor: 'acme' })];
    const opened = aState({ periods: [aPeriod({ terms: someTerms({ rates }) })] });
    const state = recount(followTwice(countBatches(opened, ledger), canceled), ledger);
    expect(spans(state)).toEqual([[JANUARY, CUT]]);
    expect(used(state)).toEqual([100]);
    expect(state.unbilledTokens).toBe(10);
  });

  test('in the very second it began leaves nothing of it to bill, and reports nothing more', () => {
    const ledger = [aBatch(1, aLine(550_000, { second: JANUARY }))];
    const ended = { status: 'canceled', endedAt: JANUARY, trialStart: null };
    const state = recount(followTwice(countBatches(aState(), ledger), ended), ledger);
    expect(spans(state)).toEqual([[JANUARY, JANUARY]]);
    expect(used(state)).toEqual([0]);
    expect(ratesToReport(state)).toEqual([]);
    expect(state.afterEnd?.tokens).toBe(550_000);
    const more = countBatches(state, [aBatch(2, aLine(5, { second: JANUARY + 9 }))]);
    expect(more).toMatchObject({ unbilledTokens: 550_005, afterEnd: { tokens: 550_005 } });
    expect(ratesToReport(more)).toEqual([]);
  });

  test('takes usage that waited for a next period as not billed', () => {
    const waiting = countBatches(aState(), [aBatch(1, aLine(5, { second: FEBRUARY }))]);
    const ended = follow(waiting, canceled);
    expect(ended.awaitsPeriod).toBe(false);
    const state = recount(ended, []);
    expect(countBatches(state, [aBatch(1, aLine(5, { second: FEBRUARY }))]).unbilledTokens).toBe(5);
  });

  test('leaves a period alone that is invoiced', () => {
    const state = aState({ periods: [aPeriod({ phase: 'finalized' })] });
    expect(spans(follow(state, canceled))).toEqual([[JANUARY, FEBRUARY]]);
  });

  test('at the very end of a period leaves it whole', () => {
    const state = follow(aState(), { status: 'canceled', endedAt: FEBRUARY });
    expect(spans(state)).toEqual([[JANUARY, FEBRUARY]]);
    expect(state.recount).toBeNull();
  });
});

describe('a new billing date within a period', () => {
  const currentPeriod = { start: CUT, end: CUT + 31 * DAY };

  test('ends the period there, and the next begins there', () => {
    const state = followTwice(aState(), { currentPeriod });
    expect(spans(state)).toEqual([
      [JANUARY, CUT],
      [CUT, CUT + 31 * DAY],
    ]);
    expect(state.recount?.reasons).toEqual([`the period ended early, at ${CUT}`]);
  });

  test('moves usage that was counted already to the period it now belongs to', () => {
    const lines = [aLine(100_010, { second: CUT - 1 }), aLine(100_020, { second: CUT })];
    const ledger = [aBatch(1, ...lines)];
    const state = recount(follow(countBatches(aState(), ledger), { currentPeriod }), ledger);
    expect(used(state)).toEqual([100_010, 100_020]);
    expect(state.unbilledTokens).toBe(0);
    expect(state.periods.map(({ rates }) => rates[STANDARD]?.tokens)).toEqual([10, 20]);
  });

  test('with another plan: each period keeps its own', () => {
    const state = follow(aState(), { currentPeriod, terms: payg });
    expect(state.periods.map(({ terms }) => terms.planId)).toEqual(['starter', 'pay_as_you_go']);
  });
});

describe('a trial', () => {
  const trial = aPeriod({ end: CUT });

  test('that is extended is one period still, and usage that waited for it is counted', () => {
    const batch = aBatch(1, aLine(5, { second: CUT }));
    const waiting = countBatches(aState({ periods: [trial] }), [batch]);
    const state = followTwice(waiting, { status: 'trialing', trialEnd: FEBRUARY });
    expect(spans(state)).toEqual([[JANUARY, FEBRUARY]]);
    expect(used(countBatches(state, [batch]))).toEqual([5]);
  });

  test('that is ended now ends its period now', () => {
    const currentPeriod = { start: CUT - DAY, end: CUT + 30 * DAY };
    const state = follow(aState({ periods: [trial] }), { currentPeriod, trialEnd: CUT - DAY });
    expect(spans(state)).toEqual([
      [JANUARY, CUT - DAY],
      [CUT - DAY, CUT + 30 * DAY],
    ]);
  });
});

describe('the items of the subscription', () => {
  const items = { overage_standard: JANUARY };
  const paygNow = aState({ periods: [aPeriod({ terms: payg })] });

  test('are those of the plan: nothing to arrange', () => {
    expect(itemsToArrange(aState(), items)).toEqual({
      missing: [],
      superfluous: [],
      outdated: [],
      exceeding: [],
    });
  });

  test('after a change: those of the new plan are missing, those of the old of no more use', () => {
    expect(itemsToArrange(paygNow, items)).toEqual({
      missing: ['payg_standard'],
      superfluous: ['overage_standard'],
      outdated: [],
      exceeding: [],
    });
  });

  test('an old plan’s item stays until the last invoice that bills it is final', () => {
    const next = aPeriod({ start: FEBRUARY, end: MARCH, terms: payg });
    const during = (phase: 'closing' | 'finalized') =>
      itemsToArrange(aState({ periods: [aPeriod({ phase }), next] }), items).superfluous;
    expect(during('closing')).toEqual([]);
    expect(during('finalized')).toEqual(['overage_standard']);
  });

  test('a plan with a base price only needs no metered item', () => {
    const state = aState({ periods: [aPeriod({ terms: flat })] });
    expect(itemsToArrange(state, items)).toEqual({
      missing: [],
      superfluous: ['overage_standard'],
      outdated: [],
      exceeding: [],
    });
  });

  test('an ended subscription is left as it is', () => {
    const ended = { ...paygNow, billingStatus: 'ended' as const };
    expect(itemsToArrange(ended, items)).toEqual({
      missing: [],
      superfluous: [],
      outdated: [],
      exceeding: [],
    });
  });
});

const february = { currentPeriod: { start: FEBRUARY, end: MARCH } };

test('a change of plan heard of after the renewal holds for the period in which it was made', () => {
  const pro = someTerms({ planId: 'pro' });
  const state = followTwice(aState(), { ...february, terms: pro, formerTerms: pro });
  expect(state.periods.map(({ start, terms }) => [start, terms.planId])).toEqual([
    [JANUARY, 'pro'],
    [FEBRUARY, 'pro'],
  ]);
  expect(state.recount?.reasons).toEqual(['plan starter became pro']);
});

test('a period that was finalized keeps its plan', () => {
  const finalized = aState({ periods: [aPeriod({ phase: 'finalized' })] });
  const formerTerms = someTerms({ planId: 'pro' });
  const [january] = follow(finalized, { ...february, formerTerms }).periods;
  expect(january?.terms.planId).toBe('starter');
});
