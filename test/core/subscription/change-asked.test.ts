/** Goal: what may not be changed is refused with its reason, and an upgrade is due when it is. */
import { DomainError } from '../../../src/core/errors';
import {
  assertChangeable,
  assertNotLeaving,
  assertPlanChange,
  assertPricesAgreed,
  assertSameOwner,
  assertSubscriptionChange,
  dueAutoUpgrade,
  defaultChangeTime,
  isInvoicedAtOnce,
  isPlanChanged,
  unpaidUpgrade,
  withoutOldUpgrades,
} from '../../../src/core/subscription/plan-change';
import type { PlanChange } from '../../../src/core/subscription/plan-change';
import type { BillingState } from '../../../src/core/state/billing-state';
import type { PriceDifference } from '../../../src/core/state/remembered';
import {
  aGrant,
  aPeriod,
  aState,
  FEBRUARY,
  JANUARY,
  MARCH,
  someTerms,
} from '../../support/builders/builders';
import { aCatalogPlan, someCatalog } from '../../support/builders/catalogs';

const standing = aState().standing;
const different: PriceDifference = {
  ...{ priceId: 'price_1', planId: 'starter', rateId: null, unitAmount: '1', quantity: 1 },
  soldAmount: '2',
};

function refusal(act: () => void): object {
  try {
    act();
  } catch (error) {
    if (error instanceof DomainError)
      return { code: error.code, message: error.message, detail: error.detail };
    throw error;
  }
  return {};
}

test('a plan of another owner is refused, naming both', () => {
  const plans = [
    aCatalogPlan(),
    aCatalogPlan({ id: 'own', vendor: 'acme' }),
    aCatalogPlan({ id: 'other', vendor: 'acme' }),
  ];
  const asked = (from: string, to: string) => refusal(() => assertSameOwner({ plans }, from, to));
  expect(asked('own', 'other')).toEqual({});
  expect(asked('starter', 'gone')).toEqual({});
  expect(asked('starter', 'own')).toEqual({
    code: 'plan_change_not_possible',
    message:
      "Plan starter is the platform's, own is the vendor acme's: one invoice can't pay both. " +
      'Cancel the subscription, and give the customer a new one.',
    detail: { from: 'starter', to: 'own' },
  });
});

test('who leaves is refused a change, unless the cancellation is taken back with it', () => {
  expect(refusal(() => assertNotLeaving(null))).toEqual({});
  expect(refusal(() => assertNotLeaving(FEBRUARY, true))).toEqual({});
  expect(refusal(() => assertNotLeaving(FEBRUARY))).toEqual({
    code: 'cancellation_pending',
    message:
      'The subscription ends at 2026-02-01T00:00:00Z: take the cancellation back first, or with ' +
      'the change ("resume": true).',
    detail: { cancelAt: '2026-02-01T00:00:00Z' },
  });
});

test('a subscription that has ended is refused, telling what to do', () => {
  expect(refusal(() => assertChangeable(aState({ billingStatus: 'ended' })))).toMatchObject({
    message:
      "The subscription of ada is ended: it can't be changed. PUT /v1/customers/{customer} with a " +
      'plan gives the customer a new one.',
  });
});

test('what would be invoiced at once is refused while Stripe charges other than was sold', () => {
  expect(refusal(() => assertPricesAgreed(aState()))).toEqual({});
  expect(refusal(() => assertPricesAgreed(aState({ priceDifferences: [different] })))).toEqual({
    code: 'price_not_settled',
    message:
      'Stripe charges other than was sold by price price_1, and the change would be invoiced at ' +
      'once: settle the exception price_differs first.',
    detail: { price: 'price_1' },
  });
});

test.each<[string, Parameters<typeof isInvoicedAtOnce>[0], Partial<BillingState>, boolean]>([
  ['the end of a trial', { action: 'end_trial' }, {}, true],
  [
    'going on after a trial that ended unpaid',
    { action: 'resume' },
    { billingStatus: 'paused' },
    true,
  ],
  ['taking a cancellation back', { action: 'resume' }, {}, false],
  ['a cancellation', { action: 'cancel', when: 'now' }, { billingStatus: 'paused' }, false],
])('%s is invoiced at once: %#', (_case, change, is, isIt) => {
  expect(isInvoicedAtOnce(change, aState(is))).toBe(isIt);
  const differing = aState({ ...is, priceDifferences: [different] });
  expect(refusal(() => assertSubscriptionChange(differing, change))).toEqual(
    isIt ? expect.objectContaining({ code: 'price_not_settled' }) : {},
  );
  const ended = () => assertSubscriptionChange(aState({ billingStatus: 'ended' }), change);
  expect(refusal(ended)).toMatchObject({ code: 'subscription_not_active' });
});

describe('a plan change', () => {
  const sold = (catalogVersion: string) =>
    aState({ periods: [aPeriod({ terms: someTerms({ catalogVersion }) })] });
  const toStarter: PlanChange = { planId: 'starter', when: 'now' };
  const next = { planId: 'pro', from: FEBRUARY };
  const waiting = { ...aState(), standing: { ...standing, nextPlan: next } };
  const unchanged = expect.objectContaining({ code: 'plan_unchanged' });

  test.each<[string, BillingState, PlanChange, unknown]>([
    ['to the same plan is none', aState(), toStarter, unchanged],
    ['to the same version is none', sold('v1'), { ...toStarter, catalogVersion: 'v1' }, unchanged],
    ['to the plan as it is, is none', sold('v1'), toStarter, unchanged],
    ['to another version is one', sold('v1'), { ...toStarter, catalogVersion: 'v2' }, {}],
    [
      'from before there were versions is none',
      aState(),
      { ...toStarter, catalogVersion: 'v2' },
      unchanged,
    ],
    ['now, to the plan of now, takes back one that waits', waiting, toStarter, {}],
    [
      'for the period’s end, to the plan of now, too',
      waiting,
      { ...toStarter, when: 'period_end' },
      {},
    ],
    ['to the one that waits is none', waiting, { planId: 'pro', when: 'period_end' }, unchanged],
    [
      'to another version of the one that waits is one',
      { ...waiting, standing: { ...standing, nextPlan: { ...next, catalogVersion: 'v1' } } },
      { planId: 'pro', when: 'period_end', catalogVersion: 'v2' },
      {},
    ],
    [
      'to the one that waits, of whichever version, is none',
      { ...waiting, standing: { ...standing, nextPlan: { ...next, catalogVersion: 'v1' } } },
      { planId: 'pro', when: 'period_end' },
      unchanged,
    ],
    [
      'by who leaves is refused',
      { ...aState(), standing: { ...standing, cancelAt: FEBRUARY } },
      { planId: 'pro', when: 'now' },
      expect.objectContaining({ code: 'cancellation_pending' }),
    ],
    [
      'now is refused while a price differs',
      aState({ priceDifferences: [different] }),
      { planId: 'pro', when: 'now' },
      expect.objectContaining({ code: 'price_not_settled' }),
    ],
    [
      'for the period’s end is not',
      aState({ priceDifferences: [different] }),
      { planId: 'pro', when: 'period_end' },
      {},
    ],
  ])('%s', (_case, state, change, expected) => {
    expect(refusal(() => assertPlanChange(state, change))).toEqual(expected);
  });

  test('that is none is told with what holds', () => {
    expect(refusal(() => assertPlanChange(aState(), toStarter))).toEqual({
      code: 'plan_unchanged',
      message: 'ada is on starter already: expected another plan.',
      detail: { plan: 'starter' },
    });
    const again = refusal(() => assertPlanChange(waiting, { planId: 'pro', when: 'period_end' }));
    expect(again).toMatchObject({ message: `ada is on pro already, from ${FEBRUARY} on.` });
  });

  test('is done once the plan holds, counted, in the version that was asked for', () => {
    const recount = { number: 1, reasons: [] };
    expect(isPlanChanged(aState(), toStarter)).toBe(true);
    expect(isPlanChanged(aState({ recount }), toStarter)).toBe(false);
    expect(isPlanChanged(aState({ recount }), { ...toStarter, when: 'period_end' })).toBe(true);
    expect(isPlanChanged(aState(), { planId: 'pro', when: 'now' })).toBe(false);
    expect(isPlanChanged(waiting, { planId: 'pro', when: 'period_end' })).toBe(true);
    expect(isPlanChanged(waiting, { planId: 'pro', when: 'now' })).toBe(false);
    expect(isPlanChanged(sold('v1'), { ...toStarter, catalogVersion: 'v1' })).toBe(true);
    expect(isPlanChanged(sold('v1'), { ...toStarter, catalogVersion: 'v2' })).toBe(false);
    expect(isPlanChanged(aState({ periods: [] }), toStarter)).toBe(false);
  });

  test('from a plan that has left the catalog comes with the next period', () => {
    const plans = [aCatalogPlan({ id: 'pro', monthlyPriceCents: 9900 })];
    expect(defaultChangeTime(someCatalog({ plans }), 'gone', 'pro')).toBe('period_end');
  });
});

describe('an upgrade that was asked for', () => {
  const asked = { ...standing, autoUpgrade: true };
  const terms = someTerms({ autoUpgrade: { atPercent: 100, planId: 'pro' } });
  const full = (is: Partial<BillingState> = {}, usedTokens = 100_000) =>
    aState({ standing: asked, periods: [aPeriod({ terms, usedTokens })], ...is });
  const due = { periodStart: JANUARY, planId: 'pro' };

  test('is due once the allowance is used up', () => {
    expect(dueAutoUpgrade(full())).toEqual(due);
    expect(dueAutoUpgrade(full({}, 99_999))).toBeUndefined();
  });

  test('not as long as grants cover it, as 0.1.0 did not know', () => {
    const period = aPeriod({ terms, usedTokens: 100_500, grantUses: { goodwill: 1_000 } });
    const granted = full({ periods: [period], grants: [aGrant()] });
    expect(dueAutoUpgrade(granted)).toBeUndefined();
    expect(dueAutoUpgrade(granted, true)).toEqual(due);
  });

  test.each<[string, Partial<BillingState>]>([
    ['nobody asked for it', { standing }],
    ['the customer leaves', { standing: { ...asked, cancelAt: FEBRUARY } }],
    ['another plan waits', { standing: { ...asked, nextPlan: { planId: 'x', from: FEBRUARY } } }],
    ['the ledger is counted again', { recount: { number: 1, reasons: [] } }],
    ['a price differs', { priceDifferences: [different] }],
    ['an invoice is unpaid', { billingStatus: 'past_due' }],
    ['no period is known', { periods: [] }],
    ['the plan leads nowhere', { periods: [aPeriod({ usedTokens: 100_000 })] }],
  ])('is not due while %s', (_case, is) => {
    expect(dueAutoUpgrade(full(is))).toBeUndefined();
  });

  test('that was not paid is not tried again within the period', () => {
    const unpaid = { ...unpaidUpgrade(due), message: 'x', since: 1 };
    const other = { ...unpaid, kind: 'stripe_refused' as const };
    const state = full({ exceptions: [unpaid, other] });
    expect(dueAutoUpgrade(state)).toBeUndefined();
    expect(withoutOldUpgrades(state)).toBe(state);
    const next = { ...state, periods: [aPeriod({ start: FEBRUARY, end: MARCH })] };
    expect(withoutOldUpgrades(next).exceptions).toEqual([other]);
    expect(withoutOldUpgrades({ ...state, periods: [] }).exceptions).toEqual([other]);
  });
});
