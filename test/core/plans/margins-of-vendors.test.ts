/** Goal: of what vendors sell a margin has our part alone, and each day the cost of that day. */
import { marginReport } from '../../../src/core/plans/margin-report';
import type { MarginInput } from '../../../src/core/plans/margin-report';
import type { CatalogPlan, CostRow } from '../../../src/core/plans/catalog';
import { aRate, aVendor, someTerms } from '../../support/builders/builders';

const cost = (from: string, costPerMillionTokens: string): CostRow => ({
  ...{ model: 'mini', tokenType: 'input', from, costPerMillionTokens },
});
const used = (tokens: number, change: Partial<MarginInput['usage'][0]> = {}) => ({
  ...{ day: '2026-01-05', model: 'mini', tokenType: 'input' as const, tokens },
  ...change,
});
const vendors = [
  aVendor({ id: 'globex', feePercent: '50' }),
  aVendor({ id: 'acme', feePercent: '20' }),
];
const rates = [aRate(), aRate({ id: 'acme_tokens', vendor: 'acme' })];
const report = (change: Partial<MarginInput>, plans: readonly Partial<CatalogPlan>[] = []) =>
  marginReport({
    catalog: { costBook: [], vendors, plans: plans as readonly CatalogPlan[] },
    terms: someTerms({ rates }),
    ...{ statement: { rates: [], late: [] }, usage: [], ...change },
  });

test('of a plan that a vendor owns we have the fee, whatever other plans there are', () => {
  const plans = [
    { id: 'pro', vendor: 'globex' },
    { id: 'starter', vendor: 'acme' },
  ];
  expect(report({}, plans).unassignedRevenueCents).toBe('580');
  expect(report({}, [{ id: 'pro', vendor: 'globex' }]).unassignedRevenueCents).toBe('2900');
});

test('of a vendor that has left the catalog we have nothing', () => {
  const plans = [{ id: 'starter', vendor: 'initech' }];
  expect(report({}, plans).unassignedRevenueCents).toBe('0');
});

test('a model that we and vendors sell has a row for each, ours first, and costs us ours', () => {
  const usage = [used(3, { vendor: 'acme' }), used(1_000_000), used(5, { vendor: 'globex' })];
  const costBook = [cost('2025-01-01', '2.00')];
  const { byModel } = report({ usage, catalog: { costBook, vendors, plans: [] } });
  expect(byModel.map(({ vendor, knownCostCents }) => [vendor, knownCostCents])).toEqual([
    [undefined, '200'],
    ['acme', '0'],
    ['globex', '0'],
  ]);
  expect(Object.keys(byModel[0] ?? {})).not.toContain('vendor');
});

test('the latest cost that had begun is the day’s, in whatever order the book has them', () => {
  const usage = [used(1_000_000, { day: '2026-02-01' })];
  const at = (...costBook: CostRow[]) =>
    report({ usage, catalog: { costBook, vendors, plans: [] } }).totals.knownCostCents;
  const [old, latest] = [cost('2025-01-01', '2.00'), cost('2026-01-01', '3.00')];
  const next = cost('2026-02-02', '9.00');
  expect([at(old, latest, next), at(next, latest, old)]).toEqual(['300', '300']);
});

test('tokens that no cost is known of are told, and leave no margin', () => {
  const { totals, modelsWithoutCost, byModel } = report({ usage: [used(7), used(5)] });
  expect(modelsWithoutCost).toEqual([{ model: 'mini', tokenType: 'input', tokens: 12 }]);
  expect([totals.marginCents, byModel[0]?.marginCents]).toEqual([null, null]);
});

test('usage that no rate prices has no part in what a rate brought in', () => {
  const terms = someTerms({ rates: [aRate({ models: ['maxi'] })] });
  const statement = {
    rates: [
      {
        ...{ rateId: 'overage_standard', pricePerMillionTokens: '3.00' },
        ...{ tokens: 1_000_000, reportedTokens: 1_000_000, amountCents: '300' },
      },
    ],
    late: [],
  };
  const usage = [used(5), used(7, { model: 'maxi' })];
  const { byModel } = report({ terms, statement, usage });
  expect(byModel.map(({ model, billableTokens }) => [model, billableTokens])).toEqual([
    ['maxi', 1_000_000],
    ['mini', 0],
  ]);
});

test('ours comes first, whatever a vendor is called', () => {
  const usage = [used(5, { vendor: '1st' }), used(3)];
  expect(report({ usage }).byModel.map(({ vendor }) => vendor)).toEqual([undefined, '1st']);
});
