/** Amounts of a line for every kind of price, against figures worked out by hand. */
import { lineAmount, partsOf } from '../../../../src/dev/stripe-sandbox/billing/line-parts';
import { buildPrice } from '../../../../src/dev/stripe-sandbox/billing/price-terms';
import type { PriceTerms } from '../../../../src/dev/stripe-sandbox/billing/price-terms';

const perUnit = (cents: string): PriceTerms => ({ unit_amount_decimal: cents });
const tiered = (mode: 'graduated' | 'volume', tiers: PriceTerms['tiers']): PriceTerms => ({
  billing_scheme: 'tiered',
  tiers_mode: mode,
  tiers,
});
const PROJECTS: PriceTerms['tiers'] = [
  { up_to: 5, unit_amount: 500 },
  { up_to: 10, unit_amount: 400 },
  { up_to: 'inf', unit_amount: 300 },
];
const ALLOWANCE: PriceTerms['tiers'] = [
  { up_to: 100_000, unit_amount: 0 },
  { up_to: 'inf', unit_amount_decimal: '0.0003' },
];

test.each([
  ['0.0002 cents × 1,234,567 = 246.9134', perUnit('0.0002'), 1_234_567, 247],
  ['half a cent rounds up', perUnit('0.5'), 1, 1],
  ['just below half rounds down', perUnit('0.499999999999'), 1, 0],
  ['0.1 × 3 is not 0.30000000000000004', perUnit('0.1'), 5, 1],
  ['15 digits of usage stay exact', perUnit('0.000000000001'), 999_999_999_999_999, 1000],
  ['graduated, 6 = 5 × $5 + 1 × $4', tiered('graduated', PROJECTS), 6, 2900],
  ['graduated, 20 = 5 × $5 + 5 × $4 + 10 × $3', tiered('graduated', PROJECTS), 20, 7500],
  ['volume, 6 × $4', tiered('volume', PROJECTS), 6, 2400],
  ['volume, 20 × $3', tiered('volume', PROJECTS), 20, 6000],
  ['an allowance is free', tiered('graduated', ALLOWANCE), 100_000, 0],
  ['and only what is over it costs', tiered('graduated', ALLOWANCE), 150_000, 15],
  [
    'a flat amount beside the unit amount',
    tiered('graduated', [{ up_to: 'inf', flat_amount: 1000, unit_amount: 10 }]),
    3,
    1030,
  ],
  [
    'packages of 1,000, begun ones in full',
    { unit_amount: 20, transform_quantity: { divide_by: 1000, round: 'up' as const } },
    2001,
    60,
  ],
  [
    'packages of 1,000, whole ones only',
    { unit_amount: 20, transform_quantity: { divide_by: 1000, round: 'down' as const } },
    2999,
    40,
  ],
])('%s', (_meaning, terms, quantity, amount) => {
  const price = buildPrice({ currency: 'usd', product: 'prod', ...terms }, 0);
  expect(lineAmount(price, quantity)).toBe(amount);
});

// A real invoice of 2022, by Gitpod: 1,000 credits for $9 flat, then $0.036 each, for 1,031.
test('a graduated price makes a line a tier, and one for a flat amount, each rounded by itself', () => {
  const price = buildPrice(
    {
      currency: 'usd',
      product: 'prod',
      recurring: { interval: 'month' },
      ...tiered('graduated', [
        { up_to: 1000, unit_amount: 0, flat_amount: 900 },
        { up_to: 'inf', unit_amount_decimal: '3.6', flat_amount: 0 },
      ]),
    },
    0,
  );
  const parts = partsOf(price, 1031, 'Usage');
  expect(parts.map(({ description, quantity, amount }) => [description, quantity, amount])).toEqual(
    [
      ['1000 × Usage (Tier 1 at $0.00 / month)', 1000, 0],
      ['Usage (Tier 1 at $9.00 / month)', 0, 900],
      ['31 × Usage (Tier 2 at $0.036 / month)', 31, 112],
      ['Usage (Tier 2 at $0.00 / month)', 0, 0],
    ],
  );
});
