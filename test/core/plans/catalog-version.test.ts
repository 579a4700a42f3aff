/** Goal: a catalog's version changes with what is sold, and with nothing else. */
import type { Catalog } from '../../../src/core/plans/catalog';
import {
  catalogVersion,
  describedPlan,
  hasPlan,
  termsAsSold,
} from '../../../src/core/plans/catalog-version';
import { againstCustomers } from '../../../src/core/plans/catalog-against-customers';
import type { SoldTo } from '../../../src/core/plans/catalog-against-customers';
import { planTerms } from '../../../src/core/plans/catalog';
import { countsAlike, isSameMoney, isSameSale } from '../../../src/core/plans/sold-terms';
import { trialTerms } from '../../../src/core/subscription/trial';
import type { PlanTerms } from '../../../src/core/plans/plan';
import type { TokenType } from '../../../src/core/usage/usage';
import { aRate, aVendor, someTerms } from '../../support/builders/builders';
import { aCatalogPlan, aCatalogRate, someCatalog } from '../../support/builders/catalogs';

/** What is hashed, in place of its hash. */
const sold = (catalog: Catalog): string => {
  let text = '';
  catalogVersion(catalog, (hashed) => {
    text = hashed;
    return hashed;
  });
  return text;
};
const catalog = someCatalog({ vendors: [aVendor()] });
const [standard, premium] = catalog.rates as [Catalog['rates'][0], Catalog['rates'][0]];

test('the version has sixteen characters of the hash', () => {
  expect(catalogVersion(catalog, () => '0123456789abcdef0')).toBe('0123456789abcdef');
});

test.each<[string, Partial<Catalog>]>([
  ['a price', { plans: [aCatalogPlan({ monthlyPriceCents: 1 })] }],
  ['an allowance', { plans: [aCatalogPlan({ includedTokens: null })] }],
  ['what is done with late usage', { plans: [aCatalogPlan({ lateUsage: 'write_off' })] }],
  ['whose plan it is', { plans: [aCatalogPlan({ vendor: 'acme' })] }],
  ['the order of a plan’s rates', { plans: [aCatalogPlan({ rates: ['standard', 'premium'] })] }],
  ['another plan', { plans: [aCatalogPlan(), aCatalogPlan({ id: 'pro' })] }],
  ['another name', { plans: [aCatalogPlan({ id: 'pro' })] }],
  ['the currency', { currency: 'eur' }],
  ['a rate’s price', { rates: [premium, aCatalogRate({ pricePerMillionTokens: '3.01' })] }],
  ['a rate’s models', { rates: [premium, aCatalogRate({ models: ['gpt*'] })] }],
  ['a rate’s token types', { rates: [premium, aCatalogRate({ tokenTypes: ['input'] })] }],
  ['a rate less', { rates: [premium] }],
  ['a vendor’s rates', { vendors: [aVendor({ rates: [] })] }],
  ['what fills the allowance', { vendors: [aVendor({ countsTowardAllowance: true })] }],
  ['a vendor less', { vendors: [] }],
])('%s makes another version', (_case, change) => {
  expect(sold({ ...catalog, ...change })).not.toBe(sold(catalog));
});

test.each<[string, Partial<Catalog>]>([
  ['names', { plans: [aCatalogPlan({ name: 'Small' })], rates: [premium, standard] }],
  ['features', { plans: [aCatalogPlan({ features: [] })] }],
  ['thresholds', { notifications: { thresholds: [50] } }],
  ['a vendor’s fee', { vendors: [aVendor({ feePercent: '20' })] }],
  ['how a price is written', { rates: [aCatalogRate({ pricePerMillionTokens: '3' }), premium] }],
  ['dunning', { dunning: { giveUp: 'leave', steps: [] } }],
])('%s makes none', (_case, change) => {
  expect(sold({ ...catalog, ...change })).toBe(sold(catalog));
});

test('neither does the order of plans, rates, vendors or token types', () => {
  const plans = [aCatalogPlan(), aCatalogPlan({ id: 'pro' }), aCatalogPlan({ id: 'ada' })];
  const vendors = [aVendor(), aVendor({ id: 'zen' }), aVendor({ id: 'bee' })];
  const rates = [premium, aCatalogRate({ tokenTypes: ['output', 'input'] })];
  const ordered = [aCatalogRate({ tokenTypes: ['input', 'output'] }), premium];
  const one = sold({ ...catalog, plans, vendors, rates });
  const other = { plans: [...plans].reverse(), vendors: [...vendors].reverse(), rates: ordered };
  expect(sold({ ...catalog, ...other })).toBe(one);
  expect(rates[1]?.tokenTypes).toEqual(['output', 'input']);
});

describe('terms as a version sold them', () => {
  const access = { ...aCatalogPlan().access, throttleAtPercent: 90, upgradeTo: 'pro' };
  const pro = aCatalogPlan({ id: 'pro', monthlyPriceCents: 9900 });
  const version = {
    version: 'v1',
    catalog: someCatalog({ plans: [aCatalogPlan({ access }), pro] }),
  };

  test('have its prices; when to tell, and where an upgrade leads, is as of today', () => {
    const starter = aCatalogPlan({
      ...{ monthlyPriceCents: 1, notifications: { thresholds: [50] } },
      access: { ...access, throttleAtPercent: 120 },
    });
    expect(termsAsSold(version, someCatalog({ plans: [starter, pro] }), 'starter')).toEqual({
      ...planTerms(version.catalog, 'starter'),
      catalogVersion: 'v1',
      usageThresholds: [50],
      autoUpgrade: { atPercent: 120, planId: 'pro' },
    });
  });

  test('of a plan that is sold no more have all of its version', () => {
    expect(termsAsSold(version, someCatalog({ plans: [pro] }), 'starter')).toMatchObject({
      monthlyPriceCents: 2900,
      usageThresholds: [80, 100],
      autoUpgrade: { atPercent: 90, planId: 'pro' },
    });
  });

  test('lead to no plan that is sold no more', () => {
    const terms = termsAsSold(version, someCatalog({ plans: [aCatalogPlan()] }), 'starter');
    expect(terms.autoUpgrade).toBeUndefined();
    const alone = someCatalog({ plans: [aCatalogPlan({ access })] });
    expect(termsAsSold(version, alone, 'starter').autoUpgrade).toBeUndefined();
  });

  test('tell nothing about an allowance that has no end, or that nobody bought', () => {
    for (const includedTokens of [null, 0]) {
      const without = someCatalog({ plans: [aCatalogPlan({ includedTokens })] });
      const terms = termsAsSold({ version: 'v1', catalog: without }, someCatalog(), 'starter');
      expect(terms.usageThresholds).toBeUndefined();
    }
  });
});

test('a plan is described by today’s catalog, or else by the newest version that had it', () => {
  const was = (name: string) => ({
    version: name,
    catalog: someCatalog({ plans: [aCatalogPlan({ id: 'old', name })] }),
  });
  const newestFirst = [was('v2'), was('v1')];
  expect(describedPlan(someCatalog(), newestFirst, 'old')?.name).toBe('v2');
  expect(describedPlan(someCatalog(), newestFirst, 'starter')?.name).toBe('Starter');
  expect(describedPlan(someCatalog(), newestFirst, 'pro')).toBeUndefined();
  expect([hasPlan(was('v1'), 'old'), hasPlan(was('v1'), 'starter')]).toEqual([true, false]);
});

describe('two terms', () => {
  const terms = someTerms();
  test.each<[string, Partial<PlanTerms>, boolean, boolean]>([
    ['that are the same', {}, true, true],
    ['of another plan', { planId: 'pro' }, false, false],
    ['of another allowance', { includedTokens: 1 }, false, false],
    ['of another vendor in the allowance', { allowanceVendors: ['acme'] }, false, false],
    ['of no vendor in the allowance', { allowanceVendors: [] }, true, true],
    ['of other models', { rates: [aRate({ models: ['gpt'] })] }, false, false],
    ['of other token types', { rates: [aRate({ tokenTypes: ['input'] })] }, false, false],
    ['of a vendor’s rate', { rates: [aRate({ vendor: 'acme' })] }, false, false],
    ['of another rate', { rates: [aRate({ id: 'x' })] }, false, false],
    ['of another base price', { monthlyPriceCents: 1 }, true, false],
    ['of one base price', { baseQuantity: 1 }, true, true],
    ['of two base prices', { baseQuantity: 2 }, true, false],
    ['of another price', { rates: [aRate({ pricePerMillionTokens: '3.01' })] }, true, false],
    ['that write off', { lateUsage: 'write_off' }, true, false],
    ['of another version', { catalogVersion: 'v2' }, true, true],
  ])('%s count alike %s, and cost the same %s', (_case, is, counts, costs) => {
    expect(countsAlike(terms, { ...terms, ...is })).toBe(counts);
    expect(isSameMoney(terms, { ...terms, ...is })).toBe(costs);
  });

  test('are of one sale if version and money are the same; before versions, if the plan is', () => {
    const v1 = someTerms({ catalogVersion: 'v1' });
    const dearer = { monthlyPriceCents: 1 };
    expect(isSameSale(v1, v1)).toBe(true);
    expect(isSameSale(v1, { ...v1, ...dearer })).toBe(false);
    expect(isSameSale(v1, { ...v1, catalogVersion: 'v2' })).toBe(false);
    expect(isSameSale(terms, v1)).toBe(false);
    expect(isSameSale(v1, { ...terms, ...dearer })).toBe(true);
    expect(isSameSale(v1, { ...terms, planId: 'pro' })).toBe(false);
  });
});

describe('a catalog file beside its customers', () => {
  const terms = planTerms(someCatalog(), 'starter');
  const group = (is: Partial<SoldTo> = {}): SoldTo => ({
    ...{ plan: 'starter', nextPlan: null, terms, customers: ['bo', 'ada'], ...is },
  });
  const compared = (...sales: SoldTo[]) => againstCustomers(someCatalog(), sales);
  const NOTHING = { leftBehind: [], soldOtherwise: [] };

  test.each<[string, Partial<SoldTo>]>([
    ['who are on its terms', {}],
    ['who have none yet', { terms: null }],
    ['on trial of it', { terms: trialTerms(terms) }],
    ['on the way to it', { terms: someTerms({ planId: 'pro', rates: terms.rates }) }],
  ])('has nothing to say of those %s', (_case, is) => {
    expect(compared(group(is))).toEqual(NOTHING);
  });

  test('names what each customer is on and it does not have, by customer', () => {
    const gone = someTerms({
      planId: 'gone',
      rates: [
        aRate({ id: 'standard' }),
        aRate({ id: 'lost', vendor: 'acme' }),
        aRate({ id: 'lost' }),
      ],
    });
    const missing = { plans: ['gone', 'next'], rates: ['lost'], vendors: ['acme'] };
    const sale = group({ plan: 'gone', nextPlan: 'next', terms: gone, customers: ['cy', 'ada'] });
    const other = group({ nextPlan: 'next', customers: ['bo'] });
    expect(compared(sale, other)).toEqual({
      leftBehind: [
        { customer: 'ada', ...missing },
        { customer: 'bo', plans: ['next'], rates: [], vendors: [] },
        { customer: 'cy', ...missing },
      ],
      soldOtherwise: [],
    });
  });

  test('names who pays otherwise by plan and version, in order', () => {
    const dearer = { ...terms, monthlyPriceCents: 1 };
    const v1 = { ...dearer, catalogVersion: 'v1' };
    const sales = [
      group({ terms: dearer, customers: ['dee', 'bo'] }),
      group({ terms: v1, customers: ['cy'] }),
      group({ terms: { ...dearer, lateUsage: 'write_off' }, customers: ['ada'] }),
    ];
    expect(compared(...sales)).toEqual({
      leftBehind: [],
      soldOtherwise: [
        { plan: 'starter', version: null, customers: ['ada', 'bo', 'dee'] },
        { plan: 'starter', version: 'v1', customers: ['cy'] },
      ],
    });
  });
});

test('a version has a plan if any of its plans is that', () => {
  const two = someCatalog({ plans: [aCatalogPlan(), aCatalogPlan({ id: 'pro' })] });
  const version = { version: 'v1', catalog: two } as Parameters<typeof hasPlan>[0];
  const has = ['starter', 'pro', 'gold'].map((id) => hasPlan(version, id));
  expect(has).toEqual([true, true, false]);
});

test('other token types make another version, and their order does not', () => {
  const typed = (...tokenTypes: TokenType[]) =>
    sold({ ...catalog, rates: [premium, aCatalogRate({ tokenTypes })] });
  expect(typed('input')).not.toBe(typed('output'));
  expect(typed('input', 'output')).toBe(typed('output', 'input'));
});

test('a plan that another vendor sells makes another version', () => {
  const owned = (vendor: string) => sold({ ...catalog, plans: [aCatalogPlan({ vendor })] });
  expect(owned('acme')).not.toBe(owned('globex'));
});

test('plans are hashed in the order of their ids, as all versions so far were', () => {
  const plans = ['b', 'a', 'c'].map((id) => aCatalogPlan({ id }));
  const { plans: hashed } = JSON.parse(sold({ ...catalog, plans })) as Pick<Catalog, 'plans'>;
  expect(hashed.map(({ id }) => id)).toEqual(['a', 'b', 'c']);
});
