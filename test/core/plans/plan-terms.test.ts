/** Goal: a plan's terms have all that bills by it, and a change of plan forgets nothing. */
import type { Catalog } from '../../../src/core/plans/catalog';
import {
  catalogRates,
  findCatalogVendor,
  findPlan,
  planTerms,
} from '../../../src/core/plans/catalog';
import { planPrice, pricedRates, withTerms } from '../../../src/core/plans/plan';
import type { DomainError } from '../../../src/core/errors';
import { aPeriod, aRate, aVendor, someTerms } from '../../support/builders/builders';
import { aCatalogPlan, aCatalogRate, someCatalog } from '../../support/builders/catalogs';

const access = aCatalogPlan().access;
const pro = aCatalogPlan({ id: 'pro' });
const acme = aCatalogRate({ id: 'acme' });
const rates = [...someCatalog().rates, acme];

describe('the terms of a plan', () => {
  const vendors = [aVendor({ rates: ['acme'] })];
  const of = (is: Parameters<typeof aCatalogPlan>[0], change: Partial<Catalog> = {}) =>
    planTerms(someCatalog({ plans: [aCatalogPlan(is)], rates, vendors, ...change }), 'starter');

  test.each<[string, Parameters<typeof aCatalogPlan>[0], Partial<Catalog>, boolean]>([
    ['a base price', { rates: [] }, {}, true],
    ['rates of its own', { monthlyPriceCents: 0 }, {}, true],
    ['neither', { rates: [], monthlyPriceCents: 0 }, {}, false],
    ['a vendor that owns it', { vendor: 'acme' }, {}, false],
    ['no vendors', {}, { vendors: [] }, false],
  ])('with %s, vendors’ items come with use: %#', (_case, is, change, isOnFirstUse) => {
    expect(of(is, change).vendorItems).toBe(isOnFirstUse ? 'on_first_use' : undefined);
    expect('vendorItems' in of(is, change)).toBe(isOnFirstUse);
  });

  test('lead on only where they throttle, and somewhere', () => {
    const led = (throttleAtPercent: number | null, upgradeTo: string | null) =>
      of({ access: { ...access, throttleAtPercent, upgradeTo } }).autoUpgrade;
    expect(led(90, 'pro')).toEqual({ atPercent: 90, planId: 'pro' });
    expect([led(null, 'pro'), led(90, null), led(null, null)]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  test('with a rate that the catalog does not have are refused', () => {
    expect(() => of({ rates: ['x'] })).toThrow('The catalog has no rate "x".');
    expect(() => of({ rates: ['x'] })).toThrow(
      expect.objectContaining({ code: 'catalog_invalid' }),
    );
  });
});

test('what the catalog does not have is refused, naming what it has', () => {
  const catalog = someCatalog({
    plans: [aCatalogPlan(), pro],
    vendors: [aVendor(), aVendor({ id: 'zen' })],
  });
  const refusal = (ask: () => unknown): unknown => {
    try {
      return ask();
    } catch (error) {
      const { code, message, detail } = error as DomainError;
      return { code, message, detail };
    }
  };
  expect(refusal(() => findPlan(catalog, 'x'))).toMatchObject({
    code: 'plan_not_found',
    message: 'The catalog has no plan "x". Its plans are starter, pro.',
    detail: { plans: ['starter', 'pro'] },
  });
  expect(refusal(() => findCatalogVendor(catalog, 'x'))).toMatchObject({
    code: 'vendor_not_found',
    message: expect.stringContaining('no vendor "x": it has acme, zen. Add it to CATALOG_FILE'),
    detail: { vendors: ['acme', 'zen'] },
  });
  expect(() => findCatalogVendor(someCatalog(), 'x')).toThrow('it has none. Add it');
});

test('a rate has its meter, its token types if it is for some, and who sells it', () => {
  const catalog = someCatalog({
    rates: [aCatalogRate({ tokenTypes: ['input'] }), acme],
    vendors: [aVendor({ rates: ['acme'] })],
  });
  const own = { models: ['*'], pricePerMillionTokens: '3.00' };
  expect(catalogRates(catalog)).toEqual([
    { ...own, id: 'standard', tokenTypes: ['input'], meterEventName: 'tollkeeper_standard' },
    { ...own, id: 'acme', vendor: 'acme', meterEventName: 'tollkeeper_acme' },
  ]);
  expect(catalogRates(catalog).map((rate) => 'tokenTypes' in rate)).toEqual([true, false]);
});

describe('a period that gets another plan', () => {
  const payg = someTerms({
    planId: 'payg',
    monthlyPriceCents: 100,
    rates: [aRate({ id: 'payg' })],
  });
  const changed = withTerms(aPeriod(), payg);

  test('remembers the rates and the price of the one before', () => {
    expect(changed).toMatchObject({
      terms: payg,
      formerRates: [aRate()],
      formerPlans: [{ planId: 'starter', monthlyPriceCents: 2900, quantity: 1 }],
    });
    const twice = withTerms(changed, someTerms({ planId: 'pro' }));
    expect(twice.formerPlans?.map(({ planId }) => planId)).toEqual(['starter', 'payg']);
    expect(pricedRates(twice).map(({ id }) => id)).toEqual(['overage_standard', 'payg']);
  });

  test('remembers each price once, however often it changes to and fro', () => {
    const back = withTerms(changed, someTerms());
    const away = withTerms(back, someTerms({ planId: 'pro' }));
    expect(away.formerPlans?.map(({ planId }) => planId)).toEqual(['payg', 'starter']);
  });

  test('not the price where an earlier release forgot one', () => {
    expect(withTerms(aPeriod({ formerRates: [] }), payg)).not.toHaveProperty('formerPlans');
  });

  test('has each rate once, by its terms of now', () => {
    const dearer = aRate({ pricePerMillionTokens: '9.00' });
    const formerRates = [aRate(), aRate({ id: 'other' })];
    const priced = pricedRates({ terms: someTerms({ rates: [dearer] }), formerRates });
    expect(priced).toEqual([dearer, aRate({ id: 'other' })]);
    const terms = someTerms();
    expect(pricedRates({ terms, formerRates: [aRate()] })).toBe(terms.rates);
  });

  test.each([
    [undefined, 2900, { monthlyPriceCents: 2900, quantity: 1 }],
    [1, 2900, { monthlyPriceCents: 2900, quantity: 1 }],
    [3, 8700, { monthlyPriceCents: 2900, quantity: 3 }],
    [3, 100, { monthlyPriceCents: 33, quantity: 3 }],
  ])('the price of one of %s that cost %d', (baseQuantity, monthlyPriceCents, expected) => {
    const terms = { ...someTerms({ monthlyPriceCents }), ...(baseQuantity && { baseQuantity }) };
    expect(planPrice(terms)).toEqual({ planId: 'starter', ...expected });
  });
});

test('rates of a plan before are priced, too, those that went and no other twice', () => {
  const rate = (id: string) => aRate({ id });
  const terms = someTerms({ rates: [rate('a'), rate('b')] });
  const priced = pricedRates({ terms, formerRates: [rate('b'), rate('c')] });
  expect(priced.map(({ id }) => id)).toEqual(['a', 'b', 'c']);
});
