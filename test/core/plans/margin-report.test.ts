/** What a period brought in and cost, by figures worked out by hand. */
import fc from 'fast-check';
import type { CostRow } from '../../../src/core/plans/catalog';
import { marginReport } from '../../../src/core/plans/margin-report';
import type { MarginInput, UsedTokensOfDay } from '../../../src/core/plans/margin-report';
import { exactCents, sumDecimals } from '../../../src/core/money';
import { TOKEN_TYPES } from '../../../src/core/usage/usage';
import type { TokenType } from '../../../src/core/usage/usage';
import { aRate, someTerms } from '../../support/builders/builders';

const cost = (model: string, tokenType: TokenType, from: string, price: string): CostRow => ({
  ...{ model, tokenType, from, costPerMillionTokens: price },
});

const COSTS = [
  cost('mini', 'input', '2025-01-01', '0.15'),
  cost('mini', 'output', '2025-01-01', '0.60'),
  cost('mini', 'input', '2026-01-10', '0.10'),
  cost('large', 'input', '2025-01-01', '2.50'),
];

const vendor = (id: string, feePercent: string) => ({
  ...{ id, name: id, feePercent, rates: [`${id}_tokens`], countsTowardAllowance: false },
  ...{ feeOnRefund: 'returned' as const, holdbackDays: 0, minimumPayoutCents: 0 },
});

const used = (tokens: number, change: Partial<UsedTokensOfDay> = {}): UsedTokensOfDay => ({
  ...{ day: '2026-01-05', model: 'mini', tokenType: 'input', tokens },
  ...change,
});

const billed = (rateId: string, tokens: number, pricePerMillionTokens = '3.00') => ({
  ...{ rateId, pricePerMillionTokens, tokens, reportedTokens: tokens },
  amountCents: exactCents(tokens, pricePerMillionTokens),
});

const acmeRate = aRate({ id: 'acme_tokens', vendor: 'acme', pricePerMillionTokens: '10.00' });

function anInput(change: Partial<MarginInput>): MarginInput {
  return {
    catalog: { costBook: COSTS, vendors: [vendor('acme', '15')], plans: [] },
    terms: someTerms({ rates: [aRate(), acmeRate] }),
    statement: { rates: [], late: [] },
    usage: [],
    ...change,
  };
}

test('one model over its allowance: $29 and 15 cents in, 2.25 cents out', () => {
  const report = marginReport(
    anInput({
      usage: [used(150_000)],
      statement: { rates: [billed('overage_standard', 50_000)], late: [] },
    }),
  );
  // 50,000 at $3 a million are 15 cents; 150,000 at $0.15 are 2.25.
  expect(report).toEqual({
    byModel: [
      {
        ...{ model: 'mini', tokens: { input: 150_000 }, billableTokens: 50_000 },
        ...{ basePriceCents: '2900', usageRevenueCents: '15', revenueCents: '2915' },
        ...{ knownCostCents: '2.25', marginCents: '2912.75', withoutCost: [] },
      },
    ],
    unassignedRevenueCents: '0',
    totals: {
      ...{ revenueCents: '2915', knownCostCents: '2.25', marginCents: '2912.75' },
      marginPercent: '99.9',
    },
    modelsWithoutCost: [],
  });
});

test('two models share the base price by tokens and the overage by use, to the cent and token', () => {
  const { byModel, totals } = marginReport(
    anInput({
      usage: [used(100_000), used(200_000, { model: 'large' })],
      statement: { rates: [billed('overage_standard', 200_000)], late: [] },
    }),
  );
  // A third and two thirds: of 2,900 cents 966.67 and 1,933.33, of 200,000 tokens 66,666.67 and
  // 133,333.33; the odd cent and token go to the larger remainder.
  expect(byModel).toMatchObject([
    {
      model: 'large',
      billableTokens: 133_333,
      basePriceCents: '1933',
      usageRevenueCents: '39.9999',
    },
    { model: 'mini', billableTokens: 66_667, basePriceCents: '967', usageRevenueCents: '20.0001' },
  ]);
  expect(totals).toEqual({
    ...{ revenueCents: '2960', knownCostCents: '51.5', marginCents: '2908.5' },
    marginPercent: '98.3',
  });
});

test.each([
  ['before the cheaper row begins', [used(1_000_000)], '15'],
  ['from its first day on', [used(1_000_000, { day: '2026-01-10' })], '10'],
  ['on both sides of it', [used(1_000_000), used(1_000_000, { day: '2026-01-31' })], '25'],
  ['by token type', [used(1_000_000), used(1_000_000, { tokenType: 'output' })], '75'],
])('a million tokens cost what the row of their day says: %s', (_when, usage, cents) => {
  expect(marginReport(anInput({ usage })).totals.knownCostCents).toBe(cents);
});

test.each([
  ['a model that the book does not have', used(7, { model: 'new' }), '2.25'],
  ['a type that it does not have', used(7, { tokenType: 'reasoning' }), '2.25'],
  ['a day before its first row', used(7, { day: '2024-12-31' }), '2.25'],
])('%s is named and not guessed', (_what, unknown, knownCostCents) => {
  const report = marginReport(anInput({ usage: [used(150_000), unknown] }));
  expect(report.totals).toMatchObject({ knownCostCents, marginCents: null, marginPercent: null });
  expect(report.modelsWithoutCost).toMatchObject([
    { model: unknown.model, tokenType: unknown.tokenType },
  ]);
});

test("of a vendor's usage the fee is ours, and the provider's bill is not", () => {
  const { byModel } = marginReport(
    anInput({
      usage: [used(1_500, { vendor: 'acme', model: 'acme-1' })],
      statement: { rates: [billed('acme_tokens', 1_500, '10.00')], late: [] },
    }),
  );
  // 1,500 at $10 a million are 1.5 cents, of which 15 % are 0.225.
  expect(byModel).toMatchObject([
    { vendor: 'acme', usageRevenueCents: '0.225', knownCostCents: '0', marginCents: '0.225' },
  ]);
});

test("of a vendor's own plan the fee on its base price is ours", () => {
  const plans = [{ id: 'starter', vendor: 'acme' }] as unknown as MarginInput['catalog']['plans'];
  const catalog = { costBook: COSTS, vendors: [vendor('acme', '15')], plans };
  expect(marginReport(anInput({ catalog })).totals.revenueCents).toBe('435');
});

test('without usage the base price is revenue of no model', () => {
  const report = marginReport(anInput({}));
  expect(report).toMatchObject({
    ...{ byModel: [], unassignedRevenueCents: '2900' },
    totals: { revenueCents: '2900', knownCostCents: '0', marginPercent: '100' },
  });
});

test.each([
  ['next_invoice' as const, '30'],
  ['write_off' as const, '15'],
])('late usage under %s makes %s cents of usage', (lateUsage, cents) => {
  const late = [{ rateId: 'overage_standard', tokens: 50_000, settledTokens: 0 }];
  const { byModel } = marginReport(
    anInput({
      terms: someTerms({ lateUsage }),
      usage: [used(200_000)],
      statement: { rates: [billed('overage_standard', 50_000)], late },
    }),
  );
  expect(byModel[0]?.usageRevenueCents).toBe(cents);
});

test('what is billed by lines brings in what it costs, though the plan writes late usage off', () => {
  const rates = [{ ...billed('overage_standard', 50_000), lineTokens: 50_000 }];
  const late = [{ rateId: 'overage_standard', tokens: 50_000, settledTokens: 50_000 }];
  const terms = someTerms({ lateUsage: 'write_off' });
  const report = marginReport(
    anInput({ terms, usage: [used(200_000)], statement: { rates, late } }),
  );
  expect(report.byModel[0]?.usageRevenueCents).toBe('30');
});

test('nothing was sold and nothing earned: there is no percentage', () => {
  const report = marginReport(
    anInput({ terms: someTerms({ monthlyPriceCents: 0 }), usage: [used(1)] }),
  );
  expect(report.totals).toMatchObject({ revenueCents: '0', marginPercent: null });
});

test('the sums of the models and the unassigned are the totals, whatever was used', () => {
  const cell = fc.record({
    day: fc.constantFrom('2026-01-05', '2026-01-10', '2026-01-31'),
    model: fc.constantFrom('mini', 'large', 'new'),
    tokenType: fc.constantFrom(...TOKEN_TYPES),
    tokens: fc.integer({ min: 1, max: 10_000_000 }),
    vendor: fc.constantFrom(undefined, undefined, 'acme'),
  });
  fc.assert(
    fc.property(
      fc.array(cell, { maxLength: 12 }),
      fc.integer({ min: 0, max: 500_000 }),
      (cells, price) => {
        const usage = cells.map(({ vendor: of, ...rest }) => ({
          ...rest,
          ...(of && { vendor: of }),
        }));
        const sumOf = (isVendors: boolean) =>
          usage.filter((c) => !c.vendor === !isVendors).reduce((sum, c) => sum + c.tokens, 0);
        const overage = Math.max(0, sumOf(false) - 100_000);
        const rates = [
          billed('overage_standard', overage),
          billed('acme_tokens', sumOf(true), '10.00'),
        ];
        const terms = someTerms({ monthlyPriceCents: price, rates: [aRate(), acmeRate] });
        const report = marginReport(anInput({ terms, usage, statement: { rates, late: [] } }));
        const sum = (pick: 'revenueCents' | 'knownCostCents') =>
          sumDecimals(report.byModel.map((row) => row[pick]));
        const fee = sumDecimals([exactCents(sumOf(true), '1.50')]);
        expect(report.totals.revenueCents).toBe(
          sumDecimals([String(price), exactCents(overage, '3.00'), fee]),
        );
        expect(sumDecimals([sum('revenueCents'), report.unassignedRevenueCents])).toBe(
          report.totals.revenueCents,
        );
        expect(sum('knownCostCents')).toBe(report.totals.knownCostCents);
        expect(report.byModel.reduce((all, row) => all + row.billableTokens, 0)).toBe(
          overage + sumOf(true),
        );
      },
    ),
  );
});
