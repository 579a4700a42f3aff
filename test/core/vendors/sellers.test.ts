/** Whose a line is, and what a vendor gets of it, whatever has left the catalog file since. */
import type { Catalog, CatalogPlan } from '../../../src/core/plans/catalog';
import type { SoldCatalogsKnown } from '../../../src/core/vendors/sellers';
import { policyOfVendor, sellerOf } from '../../../src/core/vendors/sellers';
import { aRate, someTerms } from '../../support/builders/builders';

const aCatalog = (vendors: readonly (readonly [string, string])[]): Catalog =>
  ({
    plans: [{ id: 'starter' }, { id: 'acme_pro', vendor: 'acme' }] as unknown as CatalogPlan[],
    rates: ['overage', 'agents'].map((id) => ({ id })),
    vendors: vendors.map(([id, feePercent]) => ({ id, feePercent, rates: ['agents'] })),
  }) as unknown as Catalog;

const known = (today: Catalog, ...newestFirst: Catalog[]): SoldCatalogsKnown => ({
  today,
  newestFirst: newestFirst.map((catalog, at) => ({
    version: `v${newestFirst.length - at}`,
    catalog,
  })),
});

const acmes = aCatalog([['acme', '15']]);
const nobodys = aCatalog([]);
const agents = { rateId: 'agents', planId: null };
const withAgents = (vendor?: string) =>
  someTerms({ rates: [aRate({ id: 'agents', ...(vendor && { vendor }) })] });

test('usage is the vendor’s by whom its period was sold it', () => {
  expect(sellerOf(agents, withAgents('acme'), known(nobodys))).toBe('acme');
  const globexs = aCatalog([['globex', '20']]);
  expect(sellerOf(agents, withAgents('acme'), known(globexs, globexs, acmes))).toBe('acme');
  expect(sellerOf(agents, withAgents(), known(acmes))).toBeNull();
});

test('of a period that nobody knows it is as today’s file says, or the newest that had the rate', () => {
  expect(sellerOf(agents, undefined, known(acmes))).toBe('acme');
  const without = { ...nobodys, rates: [] };
  expect(sellerOf(agents, undefined, known(without, without, acmes))).toBe('acme');
  expect(sellerOf({ rateId: 'overage', planId: null }, undefined, known(acmes))).toBeNull();
});

test('a vendor’s own plan that has left the file is still the vendor’s', () => {
  const base = { rateId: null, planId: 'acme_pro' };
  const without = { ...nobodys, plans: [] };
  expect(sellerOf(base, undefined, known(without, without, acmes))).toBe('acme');
  expect(sellerOf({ ...base, planId: 'starter' }, undefined, known(acmes))).toBeNull();
});

test('a vendor is paid by the fee of today, or the last that there was', () => {
  const dearer = aCatalog([['acme', '25']]);
  expect(policyOfVendor(known(dearer, dearer, acmes), 'acme').feePercent).toBe('25');
  expect(policyOfVendor(known(nobodys, nobodys, dearer, acmes), 'acme').feePercent).toBe('25');
  expect(() => policyOfVendor(known(nobodys), 'acme')).toThrow('The catalog has no vendor "acme"');
});

describe('among several', () => {
  const of = (change: object): Catalog => ({ ...nobodys, ...change }) as unknown as Catalog;

  test('the rate that is meant tells whose usage it is', () => {
    const both = someTerms({ rates: [aRate(), aRate({ id: 'agents', vendor: 'acme' })] });
    expect(sellerOf(agents, both, known(nobodys))).toBe('acme');
  });

  test('a catalog without the rate says nothing of it, and a rate of none is the platform’s', () => {
    const others = of({ rates: [{ id: 'overage' }] });
    expect(sellerOf(agents, undefined, known(others, acmes))).toBe('acme');
    expect(sellerOf({ rateId: 'gone', planId: null }, undefined, known(acmes))).toBeNull();
  });

  test('the version by which it was sold tells whose plan it is, before today’s file', () => {
    const globexs = of({ plans: [{ id: 'acme_pro', vendor: 'globex' }] });
    const base = { rateId: null, planId: 'acme_pro' };
    const soldBy = (catalogVersion: string) =>
      sellerOf(base, someTerms({ catalogVersion }), known(globexs, globexs, acmes));
    expect([soldBy('v1'), soldBy('v2'), soldBy('v9')]).toEqual(['acme', 'globex', 'globex']);
  });

  test('a fee is that of the vendor who is paid', () => {
    const globexs = aCatalog([['globex', '20']]);
    expect(policyOfVendor(known(globexs, acmes), 'acme').feePercent).toBe('15');
  });
});
