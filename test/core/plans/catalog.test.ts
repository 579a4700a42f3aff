/** The catalog's rules: what a plan's terms are, and what makes a catalog unsound. */
import type { Catalog } from '../../../src/core/plans/catalog';
import { findPlan, planTerms } from '../../../src/core/plans/catalog';
import { catalogFaults } from '../../../src/core/plans/catalog-faults';
import { findRate } from '../../../src/core/plans/plan';
import { aVendor } from '../../support/builders/builders';

const access = {
  warnAtPercent: null,
  throttleAtPercent: null,
  throttledRequestsPerMinute: null,
  upgradeTo: null,
};

const plan = {
  id: 'starter',
  name: 'Starter',
  monthlyPriceCents: 2900,
  includedTokens: 100_000,
  lateUsage: 'next_invoice' as const,
  rates: ['premium', 'standard'],
  features: ['api_access'],
  access,
};

function aCatalog(change: Partial<Catalog> = {}): Catalog {
  return {
    currency: 'usd',
    defaultPlan: 'starter',
    plans: [plan],
    rates: [
      { id: 'standard', name: 'Tokens', models: ['*'], pricePerMillionTokens: '3.00' },
      { id: 'premium', name: 'Premium', models: ['gpt-4o'], pricePerMillionTokens: '40.00' },
      { id: 'acme', name: 'Acme', models: ['*'], pricePerMillionTokens: '10.00' },
    ],
    vendors: [aVendor()],
    costBook: [],
    notifications: { thresholds: [80, 100] },
    dunning: { giveUp: 'cancel', steps: [{ day: 0, action: 'notify' }] },
    ...change,
  };
}

describe('the terms of a plan', () => {
  test('are its own rates in order, then every vendor’s', () => {
    const terms = planTerms(aCatalog(), 'starter');
    expect(terms).toMatchObject({
      planId: 'starter',
      monthlyPriceCents: 2900,
      includedTokens: 100_000,
      lateUsage: 'next_invoice',
    });
    expect(terms.rates.map(({ id, vendor }) => [id, vendor])).toEqual([
      ['premium', undefined],
      ['standard', undefined],
      ['acme', 'acme'],
    ]);
    expect(terms.rates[0]?.meterEventName).toBe('tollkeeper_premium');
  });

  test('price a premium model dearer, and a vendor’s usage by the vendor’s rate alone', () => {
    const { rates } = planTerms(aCatalog(), 'starter');
    expect(findRate(rates, { model: 'gpt-4o', tokenType: 'input' })?.id).toBe('premium');
    expect(findRate(rates, { model: 'gpt-4o-mini', tokenType: 'input' })?.id).toBe('standard');
    const vendorUsage = { model: 'gpt-4o', tokenType: 'input' as const, vendor: 'acme' };
    expect(findRate(rates, vendorUsage)?.id).toBe('acme');
  });

  test('of a plan that does not exist are refused, naming those that do', () => {
    expect(() => findPlan(aCatalog(), 'gold')).toThrow(/no plan "gold".*starter/);
  });
});

describe('the thresholds of a plan', () => {
  const thresholdsOf = (change: Partial<typeof plan & Catalog['plans'][0]>) =>
    planTerms(aCatalog({ plans: [{ ...plan, ...change }] }), 'starter').usageThresholds;

  test('are the catalog’s, or its own, which may be none', () => {
    expect(thresholdsOf({})).toEqual([80, 100]);
    expect(thresholdsOf({ notifications: { thresholds: [50] } })).toEqual([50]);
    expect(thresholdsOf({ notifications: { thresholds: [] } })).toBeUndefined();
  });

  test('are none without an allowance: pay as you go, and unlimited', () => {
    expect(thresholdsOf({ includedTokens: 0 })).toBeUndefined();
    expect(thresholdsOf({ includedTokens: null as never })).toBeUndefined();
  });
});

describe('an unsound catalog', () => {
  test('the one above is sound', () => {
    expect(catalogFaults(aCatalog())).toEqual([]);
  });

  test.each<[string, Partial<Catalog>, RegExp]>([
    ['names a plan twice', { plans: [plan, plan] }, /plans\[1\].id is starter, which is taken/],
    ['has no such default plan', { defaultPlan: 'gold' }, /defaultPlan is gold: expected one of/],
    [
      'refers to a rate that is not there',
      { plans: [{ ...plan, rates: ['premium', 'standard', 'cheap'] }] },
      /plans.starter.rates\[2\] is cheap: expected one of standard, premium, acme/,
    ],
    [
      'has a rate that nothing uses',
      { plans: [{ ...plan, rates: ['standard'] }] },
      /rates.premium is used by no plan/,
    ],
    [
      'sells a vendor’s rate as its own',
      { plans: [{ ...plan, rates: ['premium', 'standard', 'acme'] }] },
      /rates.acme is used by plans.starter, vendors.acme: expected one vendor/,
    ],
    [
      'hides a rate behind a wider one',
      { plans: [{ ...plan, rates: ['standard', 'premium'] }] },
      /premium never prices anything, because standard stands before it/,
    ],
    [
      'prices tokens that are unlimited',
      { plans: [{ ...plan, includedTokens: null }] },
      /expected none, because its tokens are unlimited/,
    ],
    [
      'offers an upgrade to the same plan',
      { plans: [{ ...plan, access: { ...access, upgradeTo: 'starter' } }] },
      /upgradeTo is starter: expected another/,
    ],
    [
      'throttles to nothing',
      { plans: [{ ...plan, access: { ...access, throttleAtPercent: 300 } }] },
      /throttledRequestsPerMinute is not set/,
    ],
    [
      'takes dunning steps backwards',
      {
        dunning: {
          giveUp: 'cancel',
          steps: [
            { day: 3, action: 'notify' },
            { day: 3, action: 'give_up' },
          ],
        },
      },
      /dunning.steps\[1\].day is 3: expected a day after 3/,
    ],
    [
      'has thresholds that do not ascend',
      { notifications: { thresholds: [80, 100, 100] } },
      /^notifications.thresholds\[2\] is 100: expected more than 100/,
    ],
    [
      'has a plan whose thresholds do not ascend',
      { plans: [{ ...plan, notifications: { thresholds: [100, 80] } }] },
      /^plans.starter.notifications.thresholds\[1\] is 80: expected more than 100/,
    ],
    [
      'would tell of an allowance that a plan does not have',
      { plans: [{ ...plan, includedTokens: 0, notifications: { thresholds: [80] } }] },
      /plans.starter.notifications.thresholds is \[80\]: expected none.*includedTokens: 0/,
    ],
    [
      'has two costs of one day',
      {
        costBook: ['1', '2'].map((costPerMillionTokens) => ({
          model: 'm',
          tokenType: 'input' as const,
          from: '2026-01-01',
          costPerMillionTokens,
        })),
      },
      /costBook has two rows for m input from 2026-01-01/,
    ],
  ])('%s', (_case, change, fault) => {
    expect(catalogFaults(aCatalog(change)).join('\n')).toMatch(fault);
  });

  test('a plan that needs more items than a subscription may have is refused with the number', () => {
    const rates = Array.from({ length: 21 }, (_, at) => ({
      ...{ id: `rate_${at}`, name: 'R', models: [`m${at}`], pricePerMillionTokens: '10' },
    }));
    const [first, ...sold] = rates.map(({ id }) => id);
    const vendors = sold.map((id) => aVendor({ id: `v_${id}`, rates: [id] }));
    const own = { ...plan, rates: [String(first)] };
    const crowded = aCatalog({ plans: [own], rates, vendors, costBook: [] });
    // Vendors' items come with use.
    expect(catalogFaults(crowded)).toEqual([]);
    const bare = { ...own, id: 'bare', rates: [], monthlyPriceCents: 0 };
    const full = { ...own, rates: rates.map(({ id }) => id) };
    const faults = (changed: typeof own, sellers: typeof vendors): string[] =>
      catalogFaults({ ...crowded, plans: [changed], vendors: sellers });
    expect(faults(full, [])).toEqual([
      expect.stringMatching(/starter needs 22 items .*\(21 of its own rates, 0 of vendors, 1 for/),
    ]);
    expect(
      catalogFaults({ ...crowded, plans: [full], vendors: [], subscriptionItemsMax: 22 }),
    ).toEqual([]);
    expect(catalogFaults({ ...crowded, plans: [own, bare], subscriptionItemsMax: 19 })).toEqual([
      expect.stringMatching(/bare needs 20 items .*\(0 of its own rates, 20 of vendors, 0 for/),
    ]);
  });

  test('a rate for other token types is not hidden by one for some', () => {
    const catalog = aCatalog({
      plans: [{ ...plan, rates: ['premium', 'standard'] }],
      rates: [
        {
          id: 'premium',
          name: 'P',
          models: ['*'],
          tokenTypes: ['output'],
          pricePerMillionTokens: '9',
        },
        { id: 'standard', name: 'S', models: ['*'], pricePerMillionTokens: '3' },
        { id: 'acme', name: 'A', models: ['*'], pricePerMillionTokens: '10' },
      ],
    });
    expect(catalogFaults(catalog)).toEqual([]);
  });
});
