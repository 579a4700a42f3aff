/** Goal: usage between two subscriptions is billed nowhere, told with its value, given up once. */
import {
  addToGap,
  addUnbilled,
  describeGap,
  findGap,
  giveUpGap,
  openUsage,
  ratesBefore,
  unbilledUsage,
  withGap,
} from '../../../src/core/subscription/unbilled-gap';
import { succeed, successorOf } from '../../../src/core/subscription/succession';
import { unbilledTimes } from '../../../src/core/subscription/unbilled';
import type { UnbilledGap } from '../../../src/core/state/remembered';
import {
  aGrant,
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

const gap = (is: Partial<UnbilledGap> = {}): UnbilledGap => ({
  ...{
    subscriptionId: 'sub_old',
    start: FEBRUARY,
    end: MARCH,
    tokens: 1_000_000,
    valueCents: '300',
  },
  ...is,
});
const APRIL = 1_775_001_600;

describe('the time between', () => {
  test('has the value of its tokens at the rates of the plan that ended', () => {
    const rates = [aRate({ models: ['gpt-4o-mini'] })];
    expect(unbilledUsage(rates, aLine(1_000))).toEqual({ tokens: 1_000, valueCents: '0.3' });
    const unpriced = unbilledUsage(rates, aLine(5, { model: 'x' }));
    expect(unpriced).toEqual({ tokens: 5, valueCents: '0' });
    expect(addUnbilled({ tokens: 1, valueCents: '0.1' }, { tokens: 2, valueCents: '0.2' })).toEqual(
      {
        ...{ tokens: 3, valueCents: '0.3' },
      },
    );
  });

  test('is found by the subscription that had ended', () => {
    const state = aState({ gaps: [gap({ subscriptionId: 'sub_older' }), gap()] });
    expect(findGap(state, 'sub_old')).toEqual(gap());
    expect(findGap(state, 'sub_x')).toBeUndefined();
    expect(findGap(aState(), 'sub_old')).toBeUndefined();
  });

  test('is kept once for each, in order, of the last twelve', () => {
    const many = Array.from({ length: 12 }, (_, at) =>
      gap({ subscriptionId: `s${at}`, start: at }),
    );
    const all = many.reduce(withGap, aState());
    const added = withGap(all, gap({ subscriptionId: 's11', start: 11, tokens: 5 }));
    expect(added.gaps).toEqual([
      ...many.slice(0, 11),
      gap({ subscriptionId: 's11', start: 11, tokens: 5 }),
    ]);
    const early = withGap(added, gap({ subscriptionId: 'early', start: 5.5 }));
    expect(early.gaps).toHaveLength(12);
    expect(early.gaps?.map(({ subscriptionId }) => subscriptionId)).toEqual([
      ...['s1', 's2', 's3', 's4', 's5', 'early', 's6', 's7', 's8', 's9', 's10', 's11'],
    ]);
  });

  test('takes usage that comes late for it, and no other', () => {
    const dear = someTerms({ rates: [aRate({ pricePerMillionTokens: '40.00' })] });
    const archived = [aPeriod({ start: 0, end: JANUARY }), aPeriod({ terms: dear })];
    const state = aState({
      archived,
      periods: [],
      gaps: [gap({ subscriptionId: 's0', start: 0, end: 9 }), gap()],
    });
    const line = aLine(1_000, { second: FEBRUARY });
    expect(addToGap(state, line).gaps?.[1]).toEqual(gap({ tokens: 1_001_000, valueCents: '304' }));
    expect(addToGap(state, aLine(1, { second: MARCH }))).toBe(state);
    expect(addToGap(state, aLine(1, { second: JANUARY }))).toBe(state);
    const none = aState();
    expect(addToGap(none, line)).toBe(none);
    expect(ratesBefore(state, gap({ start: 5 }))).toEqual([]);
  });

  test('is given up as it was seen, and what came since is open', () => {
    const more = gap({ tokens: 1_500_000, valueCents: '450' });
    const state = giveUpGap(aState({ gaps: [more] }), gap());
    const [left] = state.gaps as [UnbilledGap];
    expect(left).toEqual({ ...more, givenUp: { tokens: 1_000_000, valueCents: '300' } });
    expect(openUsage(left)).toEqual({ tokens: 500_000, valueCents: '150' });
    expect(openUsage(gap())).toEqual({ tokens: 1_000_000, valueCents: '300' });
    const none = aState();
    expect(giveUpGap(none, gap())).toBe(none);
  });

  test('is told with its ends, and what is open of it', () => {
    expect(describeGap(gap())).toBe(
      "Between the end of sub_old at 2026-02-01T00:00:00Z and the customer's coming back at " +
        '2026-03-01T00:00:00Z there are 1000000 tokens, worth 300 cents at the rates of the plan ' +
        'that ended. They are billed nowhere.',
    );
  });

  test('is listed with the time since the end, as far as there is usage', () => {
    const afterEnd = { tokens: 1_000, rates: { overage_standard: 1_000 } };
    const gaps = [gap(), gap({ tokens: 0 })];
    expect(unbilledTimes(aState({ gaps, afterEnd }))).toEqual([
      { start: FEBRUARY, end: MARCH, tokens: 1_000_000, valueCents: '300' },
      { start: FEBRUARY, end: null, tokens: 1_000, valueCents: '0.3' },
    ]);
    expect(unbilledTimes(aState({ periods: [] }))).toEqual([]);
  });
});

describe('a customer who comes back', () => {
  const next = aSubscription({ subscriptionId: 'sub_new', startedAt: MARCH });
  const left = aState({ billingStatus: 'ended' });

  test('has the periods of the one that ended as that one’s, with its vendors’ items', () => {
    const old = aPeriod({ subscriptionId: 'sub_older', start: 0, end: JANUARY });
    const state = succeed(aState({ archived: [old], vendorItems: { acme: 7 } }), next);
    expect(state.periods).toEqual([
      aPeriod({ subscriptionId: 'sub_ada', vendorItems: { acme: 7 } }),
    ]);
    expect(state.archived).toEqual([{ ...old, vendorItems: { acme: 7 } }]);
    expect(state).not.toHaveProperty('vendorItems');
    expect(succeed(left, next).periods[0]).not.toHaveProperty('vendorItems');
  });

  test('waits for nothing of the one that ended', () => {
    const differs = [
      { priceId: 'p', planId: null, rateId: null, unitAmount: '1', quantity: 1, soldAmount: null },
    ];
    const state = succeed({ ...left, awaitsPeriod: true, priceDifferences: differs }, next);
    expect(state.awaitsPeriod).toBe(false);
    expect(state.priceDifferences).toBeUndefined();
  });

  test('is read again without a change, and the first subscription follows none', () => {
    expect(succeed(left, aSubscription())).toBe(left);
    const first = aState({ subscriptionId: null });
    expect(succeed(first, next)).toBe(first);
  });

  test('has a gap from the end to the return, with what was used and given up in it', () => {
    const afterEnd = { tokens: 1_000, rates: { overage_standard: 1_000 } };
    const givenUp = { tokens: 500, valueCents: '0.15' };
    const state = succeed({ ...left, afterEnd, afterEndGivenUp: givenUp }, next);
    expect(state.gaps).toEqual([
      {
        ...{ subscriptionId: 'sub_ada', start: FEBRUARY, end: MARCH, tokens: 1_500 },
        ...{ valueCents: '0.45', givenUp },
      },
    ]);
    expect(state).not.toHaveProperty('afterEnd');
    expect(state).not.toHaveProperty('afterEndGivenUp');
    expect(state.recount).toEqual({
      ...{ number: 1, reasons: ['sub_new follows sub_ada'], returnedAt: MARCH },
    });
  });

  test('has none where the next begins with the end, or nothing had begun', () => {
    expect(succeed(left, { ...next, startedAt: FEBRUARY }).gaps).toBeUndefined();
    expect(succeed({ ...left, periods: [] }, next).gaps).toBeUndefined();
    expect(succeed(left, { ...next, startedAt: FEBRUARY + 1 }).gaps).toHaveLength(1);
  });

  test('is counted again only if something was unbilled', () => {
    expect(succeed(left, next).recount).toBeNull();
    expect(succeed({ ...left, unbilledTokens: 1 }, next).recount?.returnedAt).toBe(MARCH);
    const givenUp = { tokens: 1, valueCents: '0' };
    expect(succeed({ ...left, afterEndGivenUp: givenUp }, next).recount?.returnedAt).toBe(MARCH);
  });

  test('loses an empty period in whose only second the next one begins', () => {
    const empty = aPeriod({ start: MARCH, end: MARCH });
    const periods = [aPeriod(), empty];
    expect(succeed({ ...left, periods }, next).periods).toHaveLength(1);
    expect(succeed({ ...left, periods }, { ...next, startedAt: APRIL }).periods).toHaveLength(2);
    const begun = [aPeriod({ start: MARCH, end: APRIL })];
    expect(succeed({ ...left, periods: begun }, next).periods).toHaveLength(1);
  });

  test('keeps grants, unless they end with a subscription: then they expire with it', () => {
    const grants = [
      aGrant(),
      aGrant({ id: 'b', expiresAt: JANUARY + 5 }),
      aGrant({ id: 'c', expiresAt: APRIL }),
    ];
    const after = (grantsAfterEnd: 'keep' | 'expire', periods = left.periods) =>
      succeed({ ...left, grants, periods }, { ...next, grantsAfterEnd }).grants.map(
        ({ expiresAt }) => expiresAt,
      );
    expect(after('keep')).toEqual([null, JANUARY + 5, APRIL]);
    expect(after('expire')).toEqual([FEBRUARY, JANUARY + 5, FEBRUARY]);
    expect(after('expire', [])).toEqual([null, JANUARY + 5, APRIL]);
  });

  test.each<[string, Parameters<typeof aSubscription>[0], string | undefined]>([
    ['the one other', { endedAt: 1, otherSubscriptions: ['sub_2'] }, 'sub_2'],
    ['none while ours lasts', { otherSubscriptions: ['sub_2'] }, undefined],
    ['none of several', { endedAt: 1, otherSubscriptions: ['sub_2', 'sub_3'] }, undefined],
    [
      'none of who is gone',
      { endedAt: 1, isCustomerGone: true, otherSubscriptions: ['s'] },
      undefined,
    ],
    ['none where there is none', { endedAt: 1 }, undefined],
  ])('is followed to %s', (_case, is, expected) => {
    expect(successorOf(aSubscription(is))).toBe(expected);
  });
});
