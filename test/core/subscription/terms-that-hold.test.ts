/** Goal: a period is billed by what was sold, or by what an operator has accepted in its place. */
import { comparePrices } from '../../../src/core/plans/sold-prices';
import {
  changeTerms,
  noteOutdated,
  withPricesAsFound,
} from '../../../src/core/subscription/subscription-terms';
import { itemsToArrange } from '../../../src/core/subscription/subscription-items';
import { trialTerms } from '../../../src/core/subscription/trial';
import type { PlanTerms } from '../../../src/core/plans/plan';
import type { BillingState } from '../../../src/core/state/billing-state';
import type { PeriodState } from '../../../src/core/state/period-state';
import type { SoldItem } from '../../../src/core/state/remembered';
import { NO_TOKENS } from '../../../src/core/state/periods';
import {
  aPeriod,
  aRate,
  aState,
  aSubscription,
  FEBRUARY,
  JANUARY,
  MARCH,
  someTerms,
} from '../../support/builders/builders';

const RATE = 'overage_standard';
const base: SoldItem = {
  ...{ priceId: 'price_base', planId: 'starter', rateId: null, unitAmount: '3000', quantity: 1 },
};
const metered: SoldItem = {
  ...{ priceId: 'price_rate', planId: null, rateId: RATE, unitAmount: '0.0003', quantity: 1 },
};

describe('prices as they are at Stripe', () => {
  const found = { ...base, soldAmount: '2900' };
  const snapshot = aSubscription({ items: [base, metered] });

  test('differ until an operator accepts them: then they are the terms', () => {
    const before = withPricesAsFound(aState(), snapshot);
    expect(before.prices.differences).toEqual([found]);
    expect(before.snapshot.terms).toEqual(someTerms());
    const after = withPricesAsFound(aState({ acceptedPrices: [found] }), snapshot);
    expect(after.prices.differences).toEqual([]);
    expect(after.snapshot.terms).toMatchObject({ monthlyPriceCents: 3000, baseQuantity: 1 });
  });

  test('are not compared of one that has ended, or that was read without items', () => {
    const none = { differences: [], outdated: [] };
    expect(withPricesAsFound(aState(), { ...snapshot, endedAt: 1 }).prices).toEqual(none);
    expect(withPricesAsFound(aState(), aSubscription()).prices).toEqual(none);
  });

  test('are compared with the base that is to come, where a change waits', () => {
    const pro = { planId: 'pro', monthlyPriceCents: 3000 };
    const items = [{ ...base, planId: 'pro' }, metered];
    expect(
      withPricesAsFound(aState(), { ...snapshot, items, base: pro }).prices.differences,
    ).toEqual([]);
  });

  test('that differ, and items that are outdated, are noted until they are not', () => {
    const noted = noteOutdated(aState(), { differences: [found], outdated: [RATE] });
    expect(noted.priceDifferences).toEqual([found]);
    expect(noted.periods[0]?.outdatedItems).toEqual([RATE]);
    const settled = noteOutdated(
      noted,
      comparePrices(someTerms(), { planId: 'x', monthlyPriceCents: 0 }, []),
    );
    expect(settled.priceDifferences).toBeUndefined();
    expect(settled.periods[0]?.outdatedItems).toBeUndefined();
    const early = noteOutdated(aState({ periods: [] }), { differences: [found], outdated: [] });
    expect(early).toMatchObject({ periods: [], priceDifferences: [found] });
    const both = aState({ periods: [aPeriod(), aPeriod({ start: FEBRUARY, end: MARCH })] });
    const [first, last] = noteOutdated(both, { differences: [], outdated: [RATE] }).periods;
    expect([first?.outdatedItems, last?.outdatedItems]).toEqual([undefined, [RATE]]);
  });
});

describe('the terms of the last period become', () => {
  const pro = someTerms({ planId: 'pro', monthlyPriceCents: 9900, includedTokens: 500_000 });
  const changed = (terms: PlanTerms, is: Partial<PeriodState> = {}, read = {}): BillingState =>
    changeTerms(aState({ periods: [aPeriod(is)] }), aSubscription({ terms, ...read }));
  const sold = (catalogVersion: string, is: Partial<PlanTerms> = {}) =>
    someTerms({ catalogVersion, ...is });

  test('those of another plan, and what was counted is counted again', () => {
    const state = changed(pro);
    expect(state.periods[0]).toMatchObject({ terms: pro, formerRates: [aRate()] });
    expect(state.recount?.reasons).toEqual(['plan starter became pro']);
  });

  test('nothing else where the sale is the same', () => {
    expect(changed(someTerms({ monthlyPriceCents: 1 })).periods).toEqual([aPeriod()]);
    const v1 = sold('v1');
    expect(changed(v1, { terms: v1 }).recount).toBeNull();
  });

  test('those of another version, with what the customer is told as the period began', () => {
    const told = { usageThresholds: [50], autoUpgrade: { atPercent: 90, planId: 'pro' } };
    const v2 = sold('v2', { includedTokens: 7, usageThresholds: [80] });
    const state = changed(v2, { terms: sold('v1', told) });
    expect(state.periods[0]?.terms).toEqual({ ...v2, ...told });
    expect(state.periods[0]?.formerPlans).toHaveLength(1);
    expect(state.recount?.reasons).toEqual(['plan starter became that of catalog v2']);
    const upgraded = changed(sold('v2', { planId: 'pro', usageThresholds: [80] }), {
      terms: sold('v1', told),
    });
    expect(upgraded.periods[0]?.terms.usageThresholds).toEqual([80]);
  });

  test('others that count alike without counting again', () => {
    const dearer = sold('v1', { monthlyPriceCents: 3000 });
    const state = changed(dearer, { terms: sold('v1') });
    expect(state.periods[0]?.terms.monthlyPriceCents).toBe(3000);
    expect(state.recount).toBeNull();
    expect(state.periods[0]).not.toHaveProperty('formerPlans');
    const named = changed(sold('v1'), { terms: someTerms() });
    expect(named.periods[0]).not.toHaveProperty('formerRates');
    expect(named.periods[0]?.terms.catalogVersion).toBe('v1');
  });

  test('those of a trial of the plan where it is one', () => {
    const state = changed(pro, { terms: trialTerms(someTerms()) });
    expect(state.periods[0]?.terms).toEqual(trialTerms(pro));
  });

  test('those that it ended with, where the next has begun', () => {
    const next = { currentPeriod: { start: FEBRUARY, end: MARCH } };
    expect(changed(pro, {}, next).periods).toEqual([aPeriod()]);
    expect(changed(someTerms(), {}, { ...next, formerTerms: pro }).periods[0]?.terms).toEqual(pro);
    const same = changed(pro, {}, { ...next, formerTerms: someTerms({ includedTokens: 1 }) });
    expect(same.periods).toEqual([aPeriod()]);
    const v1 = { terms: sold('v1') };
    const newer = changed(pro, v1, { ...next, formerTerms: sold('v2') });
    expect(newer.periods).toEqual([aPeriod(v1)]);
  });

  test('not those of what is final', () => {
    expect(changed(pro, { phase: 'finalized' }).periods[0]?.terms).toEqual(someTerms());
    const none = aState({ periods: [] });
    expect(changeTerms(none, aSubscription())).toBe(none);
  });

  describe('as they are, and are counted again where an item was put on again', () => {
    const rates = { [RATE]: { ...NO_TOKENS, tokens: 5, reports: 1 } };
    const terms = sold('v1');
    const recounted = (is: Partial<PeriodState>, since: number, of = terms) =>
      changed(of, { terms: of, rates, ...is }, { rateItems: { [RATE]: since } }).recount;

    test.each<[string, Partial<PeriodState>, number, boolean]>([
      ['after the period began', {}, JANUARY + 1, true],
      ['not with it', {}, JANUARY, false],
      ['not where that is known', { meteredFrom: { [RATE]: JANUARY + 1 } }, JANUARY + 1, false],
      ['not where nothing was reported', { rates: { [RATE]: NO_TOKENS } }, JANUARY + 1, false],
      [
        'not for another rate',
        { rates: { other: { ...NO_TOKENS, reports: 1 } } },
        JANUARY + 1,
        false,
      ],
      [
        'also while a report is under way',
        {
          rates: {
            [RATE]: {
              ...NO_TOKENS,
              inFlight: { number: 1, tokens: 1, timestamp: 1, firstAttemptAt: 1 },
            },
          },
        },
        JANUARY + 1,
        true,
      ],
    ])('%s', (_case, is, since, isCounted) => {
      expect(recounted(is, since)).toEqual(
        isCounted
          ? { number: 1, reasons: ['plan starter became that of catalog v1'], cutPeriod: JANUARY }
          : null,
      );
    });

    test('not before there were versions', () => {
      expect(recounted({}, JANUARY + 1, someTerms())).toBeNull();
    });
  });
});

describe('the items of a subscription', () => {
  const nothing = { missing: [], superfluous: [], outdated: [], exceeding: [] };

  test('are the rates of its plan, and others are of no use', () => {
    expect(itemsToArrange(aState(), { old: 1, ago: 1 })).toEqual({
      ...{ ...nothing, missing: [RATE], superfluous: ['ago', 'old'] },
    });
    expect(itemsToArrange(aState(), { [RATE]: 1 })).toEqual(nothing);
  });

  test('stay while a period that takes usage has them', () => {
    const old = aPeriod({ terms: someTerms({ rates: [aRate({ id: 'old' })] }) });
    const next = aPeriod({ start: FEBRUARY, end: MARCH });
    const items = { old: 1, [RATE]: 1 };
    expect(itemsToArrange(aState({ periods: [old, next] }), items).superfluous).toEqual([]);
    const final = { ...old, phase: 'finalized' as const };
    expect(itemsToArrange(aState({ periods: [final, next] }), items).superfluous).toEqual(['old']);
  });

  test('are exchanged once no earlier draft may follow them', () => {
    const current = aPeriod({ start: FEBRUARY, end: MARCH, outdatedItems: [RATE] });
    const outdated = (...before: PeriodState[]) =>
      itemsToArrange(aState({ periods: [...before, current] }), { [RATE]: 1 }).outdated;
    expect(outdated()).toEqual([RATE]);
    expect(outdated(aPeriod({ phase: 'closing' }))).toEqual([]);
    expect(outdated(aPeriod({ phase: 'paid' }))).toEqual([RATE]);
  });

  test('of one that has ended, or has not begun, are left alone', () => {
    expect(itemsToArrange(aState({ billingStatus: 'ended' }), { old: 1 })).toEqual(nothing);
    expect(itemsToArrange(aState({ periods: [] }), { old: 1 })).toEqual(nothing);
  });
});
