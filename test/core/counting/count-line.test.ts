/** Goal: the allowance is filled in ledger order, and only what goes beyond it is billable. */
import fc from 'fast-check';
import type { UsageLine } from '../../../src/core/usage/usage';
import { aLine, aPeriod, aRate, someTerms, counted } from '../../support/builders/builders';
import type { PeriodState } from '../../../src/core/state/period-state';
import { overageTokens } from '../../../src/core/counting/allowance';

const premium = aRate({ id: 'overage_premium', models: ['gpt-4o', 'claude-opus-*'] });
const acme = aRate({ id: 'vendor_acme', vendor: 'acme' });
const terms = someTerms({ rates: [premium, aRate(), acme] });

const count = (lines: readonly UsageLine[], start: PeriodState = aPeriod({ terms })) =>
  counted(start, ...lines);
const billable = (period: PeriodState) =>
  Object.fromEntries(Object.entries(period.rates).map(([id, rate]) => [id, rate.tokens]));

test.each([
  ['within the allowance', [99_999], {}],
  ['exactly the allowance', [100_000], {}],
  ['one token over', [100_001], { overage_standard: 1 }],
  ['150,000 tokens of Starter: 50,000 over', [150_000], { overage_standard: 50_000 }],
  ['a line that straddles the allowance is split', [90_000, 20_000], { overage_standard: 10_000 }],
  ['after the allowance every token is over', [100_000, 1, 2], { overage_standard: 3 }],
])('%s', (_case, counts, expected) => {
  expect(billable(count(counts.map((tokens) => aLine(tokens))))).toEqual(expected);
});

test('overage is priced by the model of the line that went over, not by what filled the allowance', () => {
  const period = count([
    aLine(100_000, { model: 'gpt-4o' }),
    aLine(10),
    aLine(20, { model: 'claude-opus-5' }),
  ]);
  expect(billable(period)).toEqual({ overage_standard: 10, overage_premium: 20 });
});

test('a plan without allowance bills every token', () => {
  const payAsYouGo = aPeriod({ terms: someTerms({ includedTokens: 0 }) });
  expect(billable(count([aLine(1_234_567)], payAsYouGo))).toEqual({ overage_standard: 1_234_567 });
});

test('an unlimited plan bills none', () => {
  const enterprise = aPeriod({ terms: someTerms({ includedTokens: null, rates: [] }) });
  const period = count([aLine(10 ** 12)], enterprise);
  expect(period).toMatchObject({ usedTokens: 10 ** 12, unpricedTokens: 0, rates: {} });
});

test('a vendor’s usage is billable from the first token and leaves the allowance alone', () => {
  const period = count([aLine(500, { vendor: 'acme' })]);
  expect(period.usedTokens).toBe(0);
  expect(billable(period)).toEqual({ vendor_acme: 500 });
});

describe('a vendor whose usage counts toward the allowance', () => {
  const agreed = aPeriod({ terms: { ...terms, allowanceVendors: ['acme'] } });

  test('fills it first, and is billed at the vendor’s rate for what goes beyond', () => {
    const period = count([aLine(90_000), aLine(30_000, { vendor: 'acme' }), aLine(5)], agreed);
    expect(period.usedTokens).toBe(120_005);
    expect(billable(period)).toEqual({ vendor_acme: 20_000, overage_standard: 5 });
    expect(overageTokens(period)).toBe(20_005);
  });

  test('does not make another vendor’s usage count', () => {
    const globex = aRate({ id: 'vendor_globex', vendor: 'globex' });
    const both = { ...agreed.terms, rates: [...agreed.terms.rates, globex] };
    const period = count([aLine(7, { vendor: 'globex' })], aPeriod({ terms: both }));
    expect([period.usedTokens, billable(period)]).toEqual([0, { vendor_globex: 7 }]);
  });

  test('is never billed where the allowance is unlimited', () => {
    const unlimited = aPeriod({ terms: { ...agreed.terms, includedTokens: null } });
    const period = count([aLine(10 ** 9, { vendor: 'acme' })], unlimited);
    expect([period.usedTokens, billable(period)]).toEqual([10 ** 9, {}]);
  });
});

test('overage that no rate prices is kept apart, never dropped', () => {
  const audioOnly = aPeriod({ terms: someTerms({ rates: [aRate({ tokenTypes: ['output'] })] }) });
  expect(count([aLine(100_010)], audioOnly)).toMatchObject({ unpricedTokens: 10 });
});

describe('for any usage', () => {
  const line = fc.record({
    tokens: fc.integer({ min: 0, max: 60_000 }),
    model: fc.constantFrom('gpt-4o', 'gpt-4o-mini', 'claude-opus-5', 'other'),
    tokenType: fc.constantFrom('input' as const, 'output' as const),
    vendor: fc.option(fc.constant('acme'), { nil: undefined }),
    second: fc.constant(1),
  });

  test('billable tokens equal those of an oracle that walks token by token of the allowance', () => {
    fc.assert(
      fc.property(fc.array(line, { maxLength: 30 }), (lines) => {
        let left = 100_000;
        const expected: Record<string, number> = {};
        for (const { tokens, model, vendor } of lines) {
          const isPremium = model === 'gpt-4o' || model.startsWith('claude-opus-');
          const rate = vendor ? 'vendor_acme' : isPremium ? 'overage_premium' : 'overage_standard';
          const free = vendor ? 0 : Math.min(left, tokens);
          left -= free;
          expected[rate] = (expected[rate] ?? 0) + tokens - free;
        }
        const seen = billable(count(lines));
        for (const rate of Object.keys(expected)) expect(seen[rate] ?? 0).toBe(expected[rate]);
      }),
    );
  });

  test('no token is in two places: own usage is allowance, overage or unpriced', () => {
    fc.assert(
      fc.property(fc.array(line, { maxLength: 30 }), (lines) => {
        const period = count(lines);
        const own = lines
          .filter(({ vendor }) => !vendor)
          .reduce((sum, { tokens }) => sum + tokens, 0);
        const sold = lines
          .filter(({ vendor }) => vendor)
          .reduce((sum, { tokens }) => sum + tokens, 0);
        const billed = Object.values(billable(period)).reduce((sum, tokens) => sum + tokens, 0);
        expect(period.usedTokens).toBe(own);
        expect(billed).toBe(Math.max(0, own - 100_000) + sold);
        expect(overageTokens(period)).toBe(Math.max(0, own - 100_000));
      }),
    );
  });
});
