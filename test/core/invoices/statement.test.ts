/** Goal: a statement has all that the workflow knows of a period, and nothing made up. */
import { statementOf } from '../../../src/core/invoices/statement';
import {
  aLateItem,
  aPeriod,
  aRate,
  aState,
  FEBRUARY,
  JANUARY,
  someTerms,
} from '../../support/builders/builders';
import { NO_TOKENS } from '../../../src/core/state/periods';
import type { PeriodState } from '../../../src/core/state/period-state';
import type { BillingState } from '../../../src/core/state/billing-state';

const RATE = 'overage_standard';
const of = (is: Partial<PeriodState> = {}, state: Partial<BillingState> = {}) =>
  statementOf(aState(state), aPeriod(is));

test('of a period in which nothing happened it has the plan, and no key for what is not', () => {
  expect(of()).toEqual({
    ...{ customer: 'ada', subscriptionId: 'sub_ada', planId: 'starter', phase: 'open' },
    ...{ periodStart: JANUARY, periodEnd: FEBRUARY, includedTokens: 100_000 },
    ...{ usedTokens: 0, overageTokens: 0, unpricedTokens: 0, grantUses: {}, late: [] },
    ...{ lateItems: [], invoice: null, formerPlans: [] },
    rates: [
      {
        ...{ rateId: RATE, vendor: undefined, pricePerMillionTokens: '3.00' },
        ...{ tokens: 0, reportedTokens: 0, amountCents: '0' },
      },
    ],
  });
  expect(Object.keys(of())).not.toEqual(expect.arrayContaining(['isTrial']));
  expect(Object.keys(of().rates[0] ?? {})).toHaveLength(6);
});

test.each([
  ['its own, which has ended', { subscriptionId: 'sub_old' }, {}, 'sub_old'],
  ['the current one', {}, {}, 'sub_ada'],
  ['none while none is known', {}, { subscriptionId: null }, undefined],
])('the subscription is %s', (_case, is, state, expected) => {
  const statement = of(is, state);
  expect(statement.subscriptionId).toBe(expected);
  expect('subscriptionId' in statement).toBe(expected !== undefined);
});

test('a rate has what is billable, what Stripe has of it, and the exact amount', () => {
  const rates = { [RATE]: { ...NO_TOKENS, tokens: 1_667, reportedTokens: 1_000 } };
  expect(of({ rates }).rates).toMatchObject([
    { tokens: 1_667, reportedTokens: 1_000, amountCents: '0.5001' },
  ]);
});

test('rates of a plan that held before are shown, and so is the plan', () => {
  const formerRates = [aRate({ id: 'payg', pricePerMillionTokens: '2.00', vendor: 'acme' })];
  const formerPlans = [{ planId: 'payg', monthlyPriceCents: 0, quantity: 1 }];
  const statement = of({ formerRates, formerPlans });
  expect(statement.rates.map(({ rateId, vendor }) => [rateId, vendor])).toEqual([
    [RATE, undefined],
    ['payg', 'acme'],
  ]);
  expect(statement.formerPlans).toBe(formerPlans);
});

test('where an earlier release changed the plan, its past is not known and not told', () => {
  expect('formerPlans' in of({ formerRates: [] })).toBe(false);
});

test('from when a rate is metered is told of rates that began within the period', () => {
  expect(of({ meteredFrom: { [RATE]: 0 } }).rates[0]?.meteredFrom).toBe(0);
  expect('meteredFrom' in (of({ meteredFrom: { other: 7 } }).rates[0] ?? {})).toBe(false);
});

test('tokens that are billed by lines of ours are late ones of rates without an item', () => {
  const late = { [RATE]: { tokens: 7, settledTokens: 0, settlements: 0 } };
  const terms = someTerms({ lineRates: [RATE] });
  expect(of({ late, terms }).rates[0]?.lineTokens).toBe(7);
  expect('lineTokens' in (of({ late }).rates[0] ?? {})).toBe(false);
  expect('lineTokens' in (of({ terms }).rates[0] ?? {})).toBe(false);
  const others = someTerms({ lineRates: ['other'] });
  expect('lineTokens' in (of({ late, terms: others }).rates[0] ?? {})).toBe(false);
});

test('a rate that is billed by lines may have nothing late, beside one that has', () => {
  const late = { other: { tokens: 7, settledTokens: 0, settlements: 0 } };
  const terms = someTerms({ lineRates: [RATE] });
  expect(of({ late, terms }).rates[0]).not.toHaveProperty('lineTokens');
});

test('what came late is told by rate, with what of it is settled', () => {
  const late = { [RATE]: { tokens: 9, settledTokens: 4, settlements: 1 } };
  expect(of({ late }).late).toEqual([{ rateId: RATE, tokens: 9, settledTokens: 4 }]);
});

test('what is noted of the period is told as it is', () => {
  const is = {
    ...{ writtenOffTokens: 0, wholeEnd: 0, countedUpTo: 0, unpricedTokens: 3 },
    ...{ grantUses: { goodwill: 2 }, lateItems: [aLateItem()] },
    invoice: { id: 'in_feb', status: 'draft', totalCents: 1 },
  };
  expect(of(is)).toMatchObject(is);
  for (const key of ['writtenOffTokens', 'wholeEnd', 'countedUpTo'])
    expect(of()).not.toHaveProperty(key);
});

test('a trial says that it is one', () => {
  expect(of({ terms: someTerms({ isTrial: true }) }).isTrial).toBe(true);
  expect(of()).not.toHaveProperty('isTrial');
});

describe('discounts that its invoice will have', () => {
  const ends = { coupon: 'LAUNCH', percentOff: '20', endsAt: FEBRUARY };
  const stays = { coupon: 'FRIENDS', percentOff: '5' };
  const standing = { ...aState().standing, discounts: [ends, stays] };

  test('are told while the period is open, but for those that are over at its end', () => {
    expect(of({}, { standing }).comingDiscounts).toEqual([stays]);
    const over = { ...standing, discounts: [ends] };
    expect(of({}, { standing: over })).not.toHaveProperty('comingDiscounts');
    expect(of()).not.toHaveProperty('comingDiscounts');
  });

  test.each<[string, Partial<PeriodState>]>([
    ['is not open any more', { phase: 'finalized' }],
    ['is of an earlier subscription', { subscriptionId: 'sub_old' }],
  ])('are none of a period that %s', (_case, is) => {
    expect(of(is, { standing })).not.toHaveProperty('comingDiscounts');
  });
});
