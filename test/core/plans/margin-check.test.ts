/** No rate is sold below cost: today, or from the day a dearer cost begins. */
import type { Catalog, CostRow } from '../../../src/core/plans/catalog';
import { describeMarginFault, marginFaults } from '../../../src/core/plans/margin-check';
import { parseCatalog } from '../../../src/stripe/catalog-file';

const row = (model: string, cost: string, from = '2025-01-01'): CostRow => ({
  model,
  tokenType: 'input',
  from,
  costPerMillionTokens: cost,
});

function selling(costBook: readonly CostRow[]): Catalog {
  const access = {
    warnAtPercent: null,
    throttleAtPercent: null,
    throttledRequestsPerMinute: null,
    upgradeTo: null,
  };
  const plan = {
    name: 'Plan',
    monthlyPriceCents: 0,
    includedTokens: 0,
    lateUsage: 'write_off' as const,
    features: [],
    access,
  };
  const catalog = parseCatalog({
    currency: 'usd',
    defaultPlan: 'basic',
    plans: [
      { ...plan, id: 'basic', rates: ['standard'] },
      { ...plan, id: 'split', rates: ['premium', 'standard'] },
    ],
    rates: [
      { id: 'standard', name: 'S', models: ['*'], pricePerMillionTokens: '3.00' },
      { id: 'premium', name: 'P', models: ['gpt-4o'], pricePerMillionTokens: '40.00' },
    ],
    vendors: [],
    costBook: [],
    notifications: { thresholds: [80, 100] },
    dunning: { steps: [{ day: 0, action: 'notify' }] },
  });
  return { ...catalog, costBook };
}

test('the seed’s mistake: $0.003/1K for a model that costs $0.005/1K is refused with the numbers', () => {
  const [fault, ...others] = marginFaults(selling([row('gpt-4o', '5.00')]), '2026-01-01');
  expect(others).toEqual([]);
  expect(fault).toEqual({
    rateId: 'standard',
    plans: ['basic'],
    model: 'gpt-4o',
    tokenType: 'input',
    from: '2025-01-01',
    pricePerMillionTokens: '3.00',
    costPerMillionTokens: '5.00',
    lossPerMillionTokens: '2',
  });
  expect(fault && describeMarginFault(fault)).toMatch(
    /Rate standard \(basic\) sells gpt-4o input tokens at 3.00 .* cost 5.00 .* loses 2\./,
  );
});

test('a price equal to the cost loses nothing', () => {
  expect(marginFaults(selling([row('gpt-4o-mini', '3.00')]), '2026-01-01')).toEqual([]);
});

test('only the cost in effect counts, not the dearer one that it replaced', () => {
  const book = [row('m', '9.00', '2024-01-01'), row('m', '1.00', '2025-01-01')];
  expect(marginFaults(selling(book), '2026-01-01')).toEqual([]);
  expect(marginFaults(selling(book), '2024-12-31')).toHaveLength(1);
});

test('a cost that begins later is refused already', () => {
  const book = [row('m', '1.00', '2025-01-01'), row('m', '9.00', '2027-01-01')];
  const [fault] = marginFaults(selling(book), '2026-01-01');
  expect(fault).toMatchObject({
    from: '2027-01-01',
    lossPerMillionTokens: '6',
    rateId: 'standard',
  });
  expect(fault?.plans).toEqual(['basic', 'split']);
});

describe('a cost is looked at', () => {
  const losses = (...costBook: CostRow[]) =>
    marginFaults(selling(costBook), '2026-01-01')
      .filter(({ rateId }) => rateId === 'standard')
      .map(({ model, tokenType, from }) => [model, tokenType, from].join(' '));
  const dear = (is: Partial<CostRow> = {}): CostRow => ({ ...row('mini', '9.00'), ...is });
  const cheap = (is: Partial<CostRow> = {}): CostRow => ({ ...row('mini', '1.00'), ...is });

  test('until one of the same model and token type has begun', () => {
    expect(losses(dear(), cheap({ from: '2025-06-01' }))).toEqual([]);
    expect(losses(dear(), cheap({ from: '2026-01-01' }))).toEqual([]);
    expect(losses(dear(), cheap({ from: '2026-01-02' }))).toEqual(['mini input 2025-01-01']);
  });

  test('though another model’s, or another token type’s, has begun since', () => {
    const later = { from: '2025-06-01' };
    expect(losses(dear(), cheap({ ...later, model: 'maxi' }))).toEqual(['mini input 2025-01-01']);
    expect(losses(dear(), cheap({ ...later, tokenType: 'output' }))).toEqual([
      'mini input 2025-01-01',
    ]);
  });

  test('before it begins, and on the day', () => {
    expect(losses(cheap(), dear({ from: '2026-01-02' }))).toEqual(['mini input 2026-01-02']);
    expect(losses(cheap(), dear({ from: '2026-01-01' }))).toEqual(['mini input 2026-01-01']);
  });

  test('for every plan that sells by it', () => {
    const [fault] = marginFaults(selling([dear()]), '2026-01-01');
    expect(fault && describeMarginFault(fault)).toContain('Rate standard (basic, split) sells');
  });
});
