/** Goal: what is unsound in a catalog is told with its path, the value and what was expected. */
import type { Catalog, CatalogRate } from '../../../src/core/plans/catalog';
import { catalogFaults } from '../../../src/core/plans/catalog-faults';
import { aVendor } from '../../support/builders/builders';
import { aCatalogPlan, aCatalogRate, someCatalog } from '../../support/builders/catalogs';

const access = aCatalogPlan().access;
const pro = aCatalogPlan({ id: 'pro' });
const withPlan = (is: Parameters<typeof aCatalogPlan>[0]) => ({ plans: [aCatalogPlan(is), pro] });
const sellerOf = (...rates: string[]) => [aVendor({ rates })];
const acme = aCatalogRate({ id: 'acme' });
const rates = [...someCatalog().rates, acme];

test.each<[string, Partial<Catalog>]>([
  ['a catalog of one plan', {}],
  ['an upgrade to another plan', withPlan({ access: { ...access, upgradeTo: 'pro' } })],
  [
    'a throttle with its rate',
    withPlan({ access: { ...access, throttleAtPercent: 300, throttledRequestsPerMinute: 5 } }),
  ],
  ['an unlimited plan without rates', withPlan({ includedTokens: null, rates: [] })],
  ['a vendor’s rate', { rates, vendors: sellerOf('acme') }],
  [
    'a vendor’s own plan with its rate',
    { rates, vendors: sellerOf('acme'), ...withPlan({ vendor: 'acme', rates: ['acme'] }) },
  ],
  [
    'two costs of one model',
    {
      costBook: (['input', 'output'] as const).map((tokenType) => ({
        ...{ model: 'm', tokenType, from: '2026-01-01', costPerMillionTokens: '1' },
      })),
    },
  ],
  [
    'dunning that ends with giving up',
    {
      dunning: {
        giveUp: 'cancel',
        steps: [
          { day: 0, action: 'notify' },
          { day: 1, action: 'throttle' },
          { day: 2, action: 'give_up' },
        ],
      },
    },
  ],
])('sound is %s', (_case, change) => {
  expect(catalogFaults(someCatalog(change))).toEqual([]);
});

test.each<[string, Partial<Catalog>, string]>([
  [
    'a rate twice',
    { rates: [...someCatalog().rates, aCatalogRate()] },
    'rates[2].id is standard, which is taken: expected each id once.',
  ],
  [
    'a vendor twice',
    { rates, vendors: [...sellerOf('acme'), ...sellerOf()] },
    'vendors[1].id is acme, which is taken: expected each id once.',
  ],
  [
    'a default that is no plan',
    { plans: [aCatalogPlan(), pro], defaultPlan: 'x' },
    'defaultPlan is x: expected one of starter, pro.',
  ],
  [
    'rates of an unlimited plan',
    withPlan({ includedTokens: null }),
    'plans.starter.rates is [premium, standard]: expected none, because its tokens are unlimited ' +
      '(includedTokens: null) and would never be priced.',
  ],
  [
    'an upgrade to no plan',
    withPlan({ access: { ...access, upgradeTo: 'x' } }),
    'plans.starter.access.upgradeTo is x: expected another of starter, pro.',
  ],
  [
    'a throttle without a rate',
    withPlan({ access: { ...access, throttleAtPercent: 300 } }),
    'plans.starter.access.throttledRequestsPerMinute is not set: expected a number, because ' +
      'throttleAtPercent is 300.',
  ],
  [
    'a plan of no vendor',
    { plans: [aCatalogPlan({ vendor: 'x' })] },
    'plans.starter.vendor is x: expected one of no vendors at all.',
  ],
  [
    'a rate twice in a plan',
    withPlan({ rates: ['premium', 'standard', 'premium'] }),
    'plans.starter.rates[2] is premium, which it has already: expected each rate once.',
  ],
  [
    'a rate of two vendors',
    { rates, vendors: [...sellerOf('acme'), aVendor({ id: 'zen' })] },
    'rates.acme is used by vendors.acme, vendors.zen: expected one vendor, with its own plans, ' +
      'and nothing else.',
  ],
  [
    'rates that overlap',
    withPlan({ rates: ['standard', 'premium'] }),
    'starter.rates: premium never prices anything, because standard stands before it and covers ' +
      'all its models: put premium first.',
  ],
  [
    'costs twice',
    {
      costBook: ['1', '2'].map((costPerMillionTokens) => ({
        ...{ model: 'm', tokenType: 'input' as const, from: '2026-01-01', costPerMillionTokens },
      })),
    },
    'costBook has two rows for m input from 2026-01-01: expected one.',
  ],
  [
    'thresholds of nothing',
    withPlan({ includedTokens: 0, notifications: { thresholds: [50, 80] } }),
    'plans.starter.notifications.thresholds is [50, 80]: expected none, because the plan has no ' +
      'allowance to use up (includedTokens: 0).',
  ],
  [
    'giving up, and going on',
    {
      dunning: {
        giveUp: 'cancel',
        steps: [
          { day: 0, action: 'give_up' },
          { day: 1, action: 'notify' },
        ],
      },
    },
    'dunning.steps[0].action is give_up: expected it as the last step only.',
  ],
])('unsound is %s', (_case, change, fault) => {
  expect(catalogFaults(someCatalog(change))).toEqual([fault]);
});

test('an upgrade leads from a vendor’s plan to one of the same vendor', () => {
  const upgrading = { ...access, upgradeTo: 'pro' };
  const vendors = [aVendor({ rates: ['acme'] }), aVendor({ id: 'zen', rates: [] })];
  const faults = (vendor: string | undefined, of: string | undefined) => {
    const one = { rates: [], ...(vendor !== undefined && { vendor }) };
    const other = { id: 'pro', ...(of !== undefined && { vendor: of, rates: [] }) };
    const plans = [aCatalogPlan({ ...one, access: upgrading }), aCatalogPlan(other)];
    return catalogFaults(someCatalog({ plans, rates, vendors })).filter((one) =>
      one.includes('upgradeTo'),
    );
  };
  expect(faults('acme', 'acme')).toEqual([]);
  expect(faults('acme', undefined)).toEqual([
    "plans.starter.access.upgradeTo is pro, which is the platform's: expected a plan that is acme's.",
  ]);
  expect(faults(undefined, 'zen')).toEqual([
    "plans.starter.access.upgradeTo is pro, which is zen's: expected a plan that is the platform's.",
  ]);
});

describe('a rate is hidden behind one before it', () => {
  const isHidden = (wide: Partial<CatalogRate>, narrow: Partial<CatalogRate>): boolean => {
    const two = [aCatalogRate({ id: 'wide', ...wide }), aCatalogRate({ id: 'narrow', ...narrow })];
    const plans = [aCatalogPlan({ rates: ['wide', 'narrow'] })];
    return catalogFaults(someCatalog({ plans, rates: two })).length > 0;
  };
  const models = (...names: string[]) => ({ models: names });

  test.each<[string[], string[], boolean]>([
    [['*'], ['gpt'], true],
    [['gpt*'], ['gpt-4o'], true],
    [['gpt*'], ['gpt-4*'], true],
    [['gpt-4*'], ['gpt*'], false],
    [['gpt'], ['gpt'], true],
    [['gpt'], ['gpt-4o'], false],
    [['gpt'], ['gpt*'], false],
    [['o*'], ['gpt-4o'], false],
    [['o*'], ['gpt-4o*'], false],
    [['gpt*'], ['gpt*'], true],
    [['*'], ['*'], true],
    [['gpt*'], ['gpt', 'claude'], false],
    [['claude', 'gpt*'], ['gpt-4o', 'claude'], true],
    [['gptx*'], ['gpt*'], false],
  ])('%j covers %j: %s', (wide, narrow, isIt) => {
    expect(isHidden(models(...wide), models(...narrow))).toBe(isIt);
  });

  test.each<[CatalogRate['tokenTypes'], CatalogRate['tokenTypes'], boolean]>([
    [undefined, ['input'], true],
    [['input'], undefined, false],
    [['input'], ['output'], false],
    [['input'], ['input', 'output'], false],
    [['input', 'output'], ['output'], true],
  ])('%j cover %j: %s', (wide, narrow, isIt) => {
    expect(isHidden({ tokenTypes: wide }, { tokenTypes: narrow })).toBe(isIt);
  });

  test('not by one that stands after it', () => {
    expect(isHidden(models('gpt'), models('*'))).toBe(false);
  });
});

describe('too many items are told with what may be done', () => {
  const many = Array.from({ length: 21 }, (_, at) =>
    aCatalogRate({ id: `r${at}`, models: [`m${at}`] }),
  );
  const ids = many.map(({ id }) => id);
  const faultsOf = (is: Parameters<typeof aCatalogPlan>[0]) =>
    catalogFaults(
      someCatalog({ plans: [aCatalogPlan(is)], rates: many, vendors: [aVendor({ rates: ids })] }),
    );

  test('where the plan is the vendor’s', () => {
    expect(faultsOf({ vendor: 'acme', rates: [] })).toEqual([
      'plans.starter needs 22 items in a subscription (0 of its own rates, 21 of vendors, 1 for ' +
        "the base price): expected at most 20, Stripe's limit. If your account may have more, say " +
        'so by subscriptionItemsMax.',
    ]);
  });

  test('not where they come with use, because there is an item of its own', () => {
    expect(faultsOf({ rates: [] })).toEqual([]);
    expect(faultsOf({ rates: [], monthlyPriceCents: 0 })).toHaveLength(1);
  });
});
