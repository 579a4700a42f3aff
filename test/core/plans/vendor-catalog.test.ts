/** What the catalog says of vendors: their policies, and the plans that are a vendor's own. */
import type { Catalog, CatalogPlan } from '../../../src/core/plans/catalog';
import { planTerms, vendorPolicy } from '../../../src/core/plans/catalog';
import { catalogFaults } from '../../../src/core/plans/catalog-faults';
import { aVendor } from '../../support/builders/builders';
import { aCatalogPlan, aCatalogRate, someCatalog } from '../../support/builders/catalogs';

const plan: CatalogPlan = {
  id: 'starter',
  name: 'Starter',
  monthlyPriceCents: 2900,
  includedTokens: 100_000,
  lateUsage: 'next_invoice',
  rates: ['standard'],
  features: [],
  access: {
    warnAtPercent: null,
    throttleAtPercent: null,
    throttledRequestsPerMinute: null,
    upgradeTo: null,
  },
};
const own: CatalogPlan = { ...plan, id: 'acme_pro', vendor: 'acme', rates: ['acme'] };
const globex = aVendor({ id: 'globex', name: 'Globex', feePercent: '20', rates: ['globex'] });

const aCatalog = (change: Partial<Catalog> = {}): Catalog => ({
  currency: 'usd',
  defaultPlan: 'starter',
  plans: [plan, own],
  rates: ['standard', 'acme', 'globex'].map((id) => ({
    id,
    name: id,
    models: ['*'],
    pricePerMillionTokens: '3.00',
  })),
  vendors: [aVendor(), globex],
  costBook: [],
  notifications: { thresholds: [] },
  dunning: { giveUp: 'cancel', steps: [{ day: 0, action: 'notify' }] },
  ...change,
});
const rateIds = (catalog: Catalog, planId: string) =>
  planTerms(catalog, planId).rates.map(({ id }) => id);
const faultsOf = (change: Partial<Catalog>) => catalogFaults(aCatalog(change)).join('\n');

test('the policy of a vendor is what payouts go by', () => {
  expect(vendorPolicy(aCatalog(), 'globex')).toEqual({
    vendor: 'globex',
    feePercent: '20',
    feeOnRefund: 'returned',
    holdbackDays: 0,
    minimumPayoutCents: 0,
  });
});

test('a vendor that the catalog does not have is refused, naming those it has', () => {
  expect(() => vendorPolicy(aCatalog(), 'initech')).toThrow(
    /no vendor "initech": it has acme, globex/,
  );
});

test('every vendor sells on a plan of ours, and none fills its allowance unless it agreed', () => {
  expect(rateIds(aCatalog(), 'starter')).toEqual(['standard', 'acme', 'globex']);
  expect(planTerms(aCatalog(), 'starter').allowanceVendors).toBeUndefined();
  const agreed = aCatalog({ vendors: [aVendor({ countsTowardAllowance: true }), globex] });
  expect(planTerms(agreed, 'starter').allowanceVendors).toEqual(['acme']);
});

test('on a vendor’s own plan only that vendor sells, and its usage fills the allowance', () => {
  const terms = planTerms(aCatalog(), 'acme_pro');
  expect(terms.rates).toMatchObject([{ id: 'acme', vendor: 'acme' }]);
  expect(terms.allowanceVendors).toEqual(['acme']);
});

describe('an unsound catalog', () => {
  test('the one above is sound, also when the plan has a rate of its own besides', () => {
    expect(faultsOf({})).toBe('');
    expect(faultsOf({ plans: [plan, { ...own, rates: ['standard', 'acme'] }] })).toBe('');
  });

  test.each<[string, Partial<Catalog>, RegExp]>([
    [
      'has a plan of a vendor that is not there',
      { plans: [plan, { ...own, vendor: 'initech', rates: [] }] },
      /^plans.acme_pro.vendor is initech: expected one of acme, globex/,
    ],
    [
      'sells another vendor’s rate on a vendor’s plan',
      { plans: [plan, { ...own, rates: ['globex'] }] },
      /rates.globex is used by plans.acme_pro, vendors.globex: expected one vendor/,
    ],
    [
      'shares a rate between two vendors',
      { vendors: [aVendor({ rates: ['acme', 'globex'] }), globex] },
      /rates.globex is used by vendors.acme, vendors.globex/,
    ],
    [
      'upgrades from our plan to a vendor’s, whose money would go to one of the two',
      { plans: [{ ...plan, access: { ...plan.access, upgradeTo: 'acme_pro' } }, own] },
      /upgradeTo is acme_pro, which is acme's: expected a plan that is the platform's/,
    ],
  ])('%s', (_case, change, fault) => {
    expect(faultsOf(change)).toMatch(fault);
  });
});

describe('items of vendors are there from the start', () => {
  const many = Array.from({ length: 21 }, (_, at) => aCatalogRate({ id: `rate_${at}` }));
  const globex = aVendor({ id: 'globex', rates: many.map(({ id }) => id) });
  const tooMany = (plan: Parameters<typeof aCatalogPlan>[0]) =>
    catalogFaults(
      someCatalog({
        ...{ plans: [aCatalogPlan({ monthlyPriceCents: 0, rates: [], ...plan })] },
        ...{ rates: [...someCatalog().rates, ...many], vendors: [aVendor({ rates: [] }), globex] },
      }),
    ).filter((fault) => fault.includes('items in a subscription'));

  test('only on a plan of ours that has nothing else to be sold by', () => {
    expect(tooMany({})).toHaveLength(1);
    expect(tooMany({ vendor: 'acme' })).toEqual([]);
    expect(tooMany({ rates: ['standard', 'premium'] })).toEqual([]);
    expect(tooMany({ monthlyPriceCents: 1 })).toEqual([]);
  });
});
