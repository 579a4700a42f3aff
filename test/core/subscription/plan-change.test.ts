/** Goal: a plan change is asked for when it makes sense, and an upgrade comes by itself once. */
import type { BillingState } from '../../../src/core/state/billing-state';
import type { Catalog, CatalogPlan } from '../../../src/core/plans/catalog';
import { DomainError } from '../../../src/core/errors';
import {
  assertChangeable,
  assertPlanChange,
  defaultChangeTime,
  dueAutoUpgrade,
  isPlanChanged,
} from '../../../src/core/subscription/plan-change';
import type { ChangeTime } from '../../../src/core/subscription/plan-change';
import {
  aPeriod,
  aState,
  FEBRUARY,
  JANUARY,
  MARCH,
  someTerms,
} from '../../support/builders/builders';
import { requestRecount } from '../../../src/core/state/periods';
import type { SubscriptionStanding } from '../../../src/core/state/remembered';

const standing = (overrides: Partial<SubscriptionStanding>): Pick<BillingState, 'standing'> => ({
  standing: { ...aState().standing, ...overrides },
});
const toPro = standing({ nextPlan: { planId: 'pro', from: FEBRUARY } });

function codeOf(act: () => void): string {
  try {
    act();
  } catch (error) {
    if (error instanceof DomainError) return error.code;
    throw error;
  }
  return 'allowed';
}

describe('when a change takes effect unless it is said', () => {
  const plan = (id: string, monthlyPriceCents: number): Partial<CatalogPlan> => ({
    id,
    monthlyPriceCents,
  });
  const plans = [plan('free', 0), plan('starter', 2900), plan('other', 2900), plan('pro', 9900)];
  const catalog = { plans } as unknown as Catalog;

  test.each([
    ['a dearer plan: now', 'starter', 'pro', 'now'],
    ['a plan of the same price: now', 'starter', 'other', 'now'],
    ['the plan of now: with the next period, in place of another', 'pro', 'pro', 'period_end'],
    ['a cheaper plan: with the next period', 'pro', 'starter', 'period_end'],
    ['a plan that costs nothing: with the next period', 'starter', 'free', 'period_end'],
  ] as const)('%s', (_case, from, to, expected) => {
    expect(defaultChangeTime(catalog, from, to)).toBe(expected);
  });

  test('a plan that the catalog does not have is no plan', () => {
    expect(codeOf(() => defaultChangeTime(catalog, 'starter', 'gold'))).toBe('plan_not_found');
  });
});

describe('a subscription can be changed', () => {
  test.each([
    ['while it is active', aState(), 'allowed'],
    ['while an invoice is unpaid', aState({ billingStatus: 'past_due' }), 'allowed'],
    ['while it is on trial', aState({ billingStatus: 'trialing' }), 'allowed'],
    ['not after it has ended', aState({ billingStatus: 'ended' }), 'subscription_not_active'],
    ['not before there is one', aState({ subscriptionId: null }), 'subscription_not_active'],
    ['not before its first period is known', aState({ periods: [] }), 'subscription_not_active'],
  ])('%s', (_when, state, expected) => {
    expect(codeOf(() => assertChangeable(state))).toBe(expected);
    expect(codeOf(() => assertPlanChange(state, { planId: 'pro', when: 'now' }))).toBe(expected);
  });
});

describe('a change to the plan that holds anyway is refused', () => {
  test.each<[string, Partial<BillingState>, string, ChangeTime, string]>([
    ['the current plan, now', {}, 'starter', 'now', 'plan_unchanged'],
    ['the current plan, with the next period', {}, 'starter', 'period_end', 'plan_unchanged'],
    ['the plan that is to come, again', toPro, 'pro', 'period_end', 'plan_unchanged'],
    ['but the plan that is to come may come now', toPro, 'pro', 'now', 'allowed'],
    ['and the current plan takes the one to come back', toPro, 'starter', 'period_end', 'allowed'],
    ['or takes it back at once', toPro, 'starter', 'now', 'allowed'],
    ['another plan takes its place', toPro, 'enterprise', 'period_end', 'allowed'],
  ])('%s', (_case, state, planId, when, expected) => {
    expect(codeOf(() => assertPlanChange(aState(state), { planId, when }))).toBe(expected);
  });
});

describe('a change is in force', () => {
  const pro = aPeriod({ terms: someTerms({ planId: 'pro' }) });

  test('now, once the period has its terms and the ledger is counted under them', () => {
    const counting = requestRecount(aState({ periods: [pro] }), 'plan starter became pro');
    expect(isPlanChanged(aState(), { planId: 'pro', when: 'now' })).toBe(false);
    expect(isPlanChanged(counting, { planId: 'pro', when: 'now' })).toBe(false);
    expect(isPlanChanged(aState({ periods: [pro] }), { planId: 'pro', when: 'now' })).toBe(true);
  });

  test('with the next period, once Stripe has noted it, or has come to it', () => {
    const change = { planId: 'pro', when: 'period_end' } as const;
    expect(isPlanChanged(aState(), change)).toBe(false);
    expect(isPlanChanged(aState(toPro), change)).toBe(true);
    expect(isPlanChanged(aState({ periods: [pro] }), change)).toBe(true);
  });
});

describe('who asked for it is upgraded at the point where usage would be throttled', () => {
  const terms = someTerms({ autoUpgrade: { atPercent: 300, planId: 'pro' } });
  const asked = standing({ autoUpgrade: true });
  const at = (usedTokens: number, overrides: Partial<BillingState> = {}) =>
    aState({ periods: [aPeriod({ terms, usedTokens })], ...asked, ...overrides });

  test('a token before it: not yet', () => {
    expect(dueAutoUpgrade(at(299_999))).toBeUndefined();
  });

  test('exactly at it: to the plan that the terms name', () => {
    expect(dueAutoUpgrade(at(300_000))).toEqual({ periodStart: JANUARY, planId: 'pro' });
  });

  test.each<[string, Partial<BillingState>]>([
    ['who did not ask for it', standing({ autoUpgrade: false })],
    ['who is to leave', standing({ autoUpgrade: true, cancelAt: FEBRUARY })],
    ['who has chosen another plan', { standing: { ...toPro.standing, autoUpgrade: true } }],
    ['whose ledger is counted again', { recount: { number: 1, reasons: [] } }],
    ['whose invoice is unpaid', { billingStatus: 'past_due' }],
    ['who is on trial', { billingStatus: 'trialing' }],
    ['whose subscription has ended', { billingStatus: 'ended' }],
    ['whose new period has just begun', { periods: [...at(300_000).periods, aNewPeriod()] }],
  ])('not a customer %s', (_who, overrides) => {
    expect(dueAutoUpgrade(at(300_000, overrides))).toBeUndefined();
  });

  test('tokens that a grant covers bring nobody there, but under release 0.1.0', () => {
    const covered = aPeriod({ terms, usedTokens: 320_000, grantUses: { goodwill: 20_001 } });
    const state = at(0, { periods: [covered] });
    expect(dueAutoUpgrade(state)).toBeUndefined();
    expect(dueAutoUpgrade(state, true)).toBeDefined();
  });

  test('on a plan without a point to reach nothing is due', () => {
    const periods = [aPeriod({ usedTokens: 10 ** 9 })];
    expect(dueAutoUpgrade(aState({ periods, ...asked }))).toBeUndefined();
  });

  test('once upgraded it is over: the new plan has a larger allowance', () => {
    const pro = someTerms({ ...terms, planId: 'pro', includedTokens: 500_000 });
    const periods = [aPeriod({ terms: pro, usedTokens: 300_000 })];
    expect(dueAutoUpgrade(aState({ periods, ...asked }))).toBeUndefined();
  });

  function aNewPeriod() {
    return aPeriod({ start: FEBRUARY, end: MARCH, terms });
  }
});

describe('a plan of which several catalog versions were sold', () => {
  const sold = (planId: string, catalogVersion: string) =>
    aPeriod({ terms: someTerms({ planId, catalogVersion }) });
  const next = standing({ nextPlan: { planId: 'starter', from: FEBRUARY, catalogVersion: 'v2' } });
  const asked = (state: BillingState, change = {}) =>
    codeOf(() =>
      assertPlanChange(state, { planId: 'starter', when: 'period_end', resume: false, ...change }),
    );

  test('is kept as it is by asking for it again: the next version does not come then', () => {
    expect(asked(aState({ periods: [sold('starter', 'v1')], ...next }))).toBe('allowed');
  });

  test('is what comes already, where that is asked for', () => {
    const state = aState({ periods: [sold('starter', 'v1')], ...next });
    expect(asked(state, { catalogVersion: 'v2' })).toBe('plan_unchanged');
    expect(asked(aState({ periods: [sold('starter', 'v2')], ...next }))).toBe('plan_unchanged');
  });

  test('is what comes already, where the plan of now is another', () => {
    expect(asked(aState({ periods: [sold('pro', 'v1')], ...next }))).toBe('plan_unchanged');
  });

  test('is held by nobody who has no period yet', () => {
    const change = { planId: 'starter', when: 'now', catalogVersion: 'v1' } as const;
    expect(isPlanChanged(aState({ periods: [] }), { ...change, resume: false })).toBe(false);
  });
});
