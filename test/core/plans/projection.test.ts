/** The projection of a period, against figures by hand. */
import { projectPeriod } from '../../src/core/projection';
import { aLine, aRate, FEBRUARY, JANUARY, someTerms } from '../support/builders';

const january = { start: JANUARY, end: FEBRUARY };
const dayOfJanuary = (day: number) => JANUARY + (day - 1) * 86_400;

test('half the allowance after a quarter of the period ends at twice the allowance', () => {
  const usage = [aLine(50_000)];
  // 31 days: 7.75 days are a quarter. 200,000 tokens, 100,000 over at $3 a million: 30 cents.
  expect(projectPeriod(someTerms(), january, usage, dayOfJanuary(8.75))).toEqual({
    tokens: 200_000,
    overageTokens: 100_000,
    amountCents: 2930,
  });
});

test('after the end the projection is what was used', () => {
  const projection = projectPeriod(someTerms(), january, [aLine(150_000)], FEBRUARY + 99);
  expect(projection).toEqual({ tokens: 150_000, overageTokens: 50_000, amountCents: 2915 });
});

test('unlimited plans project tokens and the base price only', () => {
  const terms = someTerms({ includedTokens: null, rates: [] });
  const projection = projectPeriod(terms, january, [aLine(1_000)], dayOfJanuary(16.5));
  expect(projection).toEqual({ tokens: 2_000, overageTokens: 0, amountCents: 2900 });
});

test('overage is priced in the proportions of the usage so far, vendors from the first token', () => {
  const premium = aRate({ id: 'premium', models: ['gpt-4o'], pricePerMillionTokens: '40.00' });
  const acme = aRate({ id: 'acme', vendor: 'acme', pricePerMillionTokens: '10.00' });
  const terms = someTerms({ rates: [premium, aRate(), acme] });
  const usage = [
    aLine(150_000, { model: 'gpt-4o' }),
    aLine(50_000),
    aLine(100_000, { vendor: 'acme' }),
  ];
  // 100,000 over: 75,000 × $40 + 25,000 × $3 = 300 + 7.5 → 8 cents; acme 100,000 × $10 = 100 cents.
  expect(projectPeriod(terms, january, usage, FEBRUARY).amountCents).toBe(2900 + 300 + 8 + 100);
});

test('a vendor’s usage within the allowance is projected with ours', () => {
  const acme = aRate({ id: 'acme', vendor: 'acme', pricePerMillionTokens: '10.00' });
  const terms = someTerms({ rates: [aRate(), acme], allowanceVendors: ['acme'] });
  const usage = [aLine(100_000), aLine(100_000, { vendor: 'acme' })];
  // 100,000 over, half of each: 50,000 × $3 = 15 cents, 50,000 × $10 = 50 cents.
  expect(projectPeriod(terms, january, usage, FEBRUARY)).toEqual({
    tokens: 200_000,
    overageTokens: 100_000,
    amountCents: 2900 + 15 + 50,
  });
});

test('nothing used before the period begins projects nothing', () => {
  expect(projectPeriod(someTerms(), january, [], JANUARY - 5)).toEqual({
    tokens: 0,
    overageTokens: 0,
    amountCents: 2900,
  });
});

test('the first minute of a period is not carried on as if the whole month were like it', () => {
  const projection = projectPeriod(someTerms(), january, [aLine(1_000)], JANUARY + 60);
  expect(projection.tokens).toBe(31_000);
});
