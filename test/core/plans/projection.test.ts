/** The projection of a period, against figures by hand. */
import { projectPeriod } from '../../../src/core/plans/projection';
import { trialTerms } from '../../../src/core/subscription/trial';
import { aLine, aRate, FEBRUARY, JANUARY, someTerms } from '../../support/builders/builders';

const january = { start: JANUARY, end: FEBRUARY };
const inJanuary = (terms = someTerms()) => ({ ...january, terms });
const dayOfJanuary = (day: number) => JANUARY + (day - 1) * 86_400;

test('half the allowance after a quarter of the period ends at twice the allowance', () => {
  const usage = [aLine(50_000)];
  // 31 days: 7.75 days are a quarter. 200,000 tokens, 100,000 over at $3 a million: 30 cents.
  expect(projectPeriod(inJanuary(), usage, dayOfJanuary(8.75))).toEqual({
    tokens: 200_000,
    grantedTokens: 0,
    overageTokens: 100_000,
    amountCents: 2930,
  });
});

test('after the end the projection is what was used', () => {
  const projection = projectPeriod(inJanuary(), [aLine(150_000)], FEBRUARY + 99);
  expect(projection).toEqual({
    tokens: 150_000,
    grantedTokens: 0,
    overageTokens: 50_000,
    amountCents: 2915,
  });
});

test('a period that ended in the second in which it began is heading for what was used', () => {
  const period = { ...inJanuary(), end: JANUARY };
  expect(projectPeriod(period, [aLine(150_000)], JANUARY + 99)).toEqual({
    tokens: 150_000,
    grantedTokens: 0,
    overageTokens: 50_000,
    amountCents: 2915,
  });
});

test('unlimited plans project tokens and the base price only', () => {
  const terms = someTerms({ includedTokens: null, rates: [] });
  const projection = projectPeriod(inJanuary(terms), [aLine(1_000)], dayOfJanuary(16.5));
  expect(projection).toEqual({
    tokens: 2_000,
    grantedTokens: 0,
    overageTokens: 0,
    amountCents: 2900,
  });
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
  expect(projectPeriod(inJanuary(terms), usage, FEBRUARY).amountCents).toBe(2900 + 300 + 8 + 100);
});

test('a vendor’s usage within the allowance is projected with ours', () => {
  const acme = aRate({ id: 'acme', vendor: 'acme', pricePerMillionTokens: '10.00' });
  const terms = someTerms({ rates: [aRate(), acme], allowanceVendors: ['acme'] });
  const usage = [aLine(100_000), aLine(100_000, { vendor: 'acme' })];
  // 100,000 over, half of each: 50,000 × $3 = 15 cents, 50,000 × $10 = 50 cents.
  expect(projectPeriod(inJanuary(terms), usage, FEBRUARY)).toEqual({
    tokens: 200_000,
    grantedTokens: 0,
    overageTokens: 100_000,
    amountCents: 2900 + 15 + 50,
  });
});

test('nothing used before the period begins projects nothing', () => {
  expect(projectPeriod(inJanuary(), [], JANUARY - 5)).toEqual({
    tokens: 0,
    grantedTokens: 0,
    overageTokens: 0,
    amountCents: 2900,
  });
});

test('the first minute of a period is not carried on as if the whole month were like it', () => {
  const projection = projectPeriod(inJanuary(), [aLine(1_000)], JANUARY + 60);
  expect(projection.tokens).toBe(31_000);
});

describe('grants', () => {
  const aGrant = { tokens: 50_000, usedTokens: 0, since: JANUARY, expiresAt: null };
  const half = dayOfJanuary(16.5);

  test('cover what is projected beyond the allowance, as far as they go', () => {
    // 90,000 by half the period are 180,000: 80,000 beyond, of which 50,000 are given.
    const period = { ...inJanuary(), grants: [aGrant] };
    const projection = { tokens: 180_000, grantedTokens: 50_000, overageTokens: 30_000 };
    expect(projectPeriod(period, [aLine(90_000)], half)).toEqual({
      ...projection,
      amountCents: 2909,
    });
  });

  test('that this period has used count as used, and what is left of them as well', () => {
    const used = { ...aGrant, usedTokens: 20_000 };
    const period = { ...inJanuary(), grants: [used], grantedTokens: 20_000 };
    const projection = projectPeriod(period, [aLine(120_000)], half);
    expect(projection).toMatchObject({ grantedTokens: 50_000, overageTokens: 90_000 });
  });

  test('are no help before they begin, and once they are spent or expired', () => {
    const useless = [
      { ...aGrant, since: FEBRUARY },
      { ...aGrant, usedTokens: 50_000 },
      { ...aGrant, expiresAt: half },
    ];
    const projection = projectPeriod({ ...inJanuary(), grants: useless }, [aLine(90_000)], half);
    expect(projection).toMatchObject({ grantedTokens: 0, overageTokens: 80_000 });
  });

  test('that expire before the end cover what the pace uses until then', () => {
    const grants = [{ ...aGrant, expiresAt: dayOfJanuary(18.05) }];
    // 90,000 in 15.5 days: 9,000 in the 1.55 days that are left of it.
    const projection = projectPeriod({ ...inJanuary(), grants }, [aLine(90_000)], half);
    expect(projection).toMatchObject({ grantedTokens: 9_000, overageTokens: 71_000 });
  });
});

test('a trial is heading for nothing to pay, whatever is used of it', () => {
  const acme = aRate({ id: 'acme', vendor: 'acme', pricePerMillionTokens: '10.00' });
  const period = inJanuary(trialTerms(someTerms({ rates: [aRate(), acme] })));
  const usage = [aLine(500_000), aLine(500_000, { vendor: 'acme' })];
  expect(projectPeriod(period, usage, FEBRUARY)).toMatchObject({
    overageTokens: 0,
    amountCents: 0,
  });
});

test.each([101 * 1e12, 9e15, 9.5e15])(
  '%d tokens on the first day are an estimate, no fault',
  (tokens) => {
    const projection = projectPeriod(inJanuary(), [aLine(tokens)], JANUARY + 60);
    expect(projection.tokens).toBeLessThanOrEqual(Number.MAX_SAFE_INTEGER);
    expect(Number.isSafeInteger(projection.amountCents)).toBe(true);
  },
);

describe('a grant in what is projected', () => {
  const half = dayOfJanuary(16.5);
  const grant = (is: object) => ({
    ...{ id: 'g', tokens: 30_000, usedTokens: 0, since: JANUARY, expiresAt: null, ...is },
  });
  const granted = (is: object, now = half) =>
    // 100,000 in half the month: 200,000 in all, 100,000 of them over.
    projectPeriod({ ...inJanuary(), grants: [grant(is)] }, [aLine(100_000)], now).grantedTokens;

  test.each<[string, object, number]>([
    ['that lasts covers all that is left of it', {}, 30_000],
    ['that ends as the period does covers as much', { expiresAt: FEBRUARY }, 30_000],
    ['that ends now covers nothing', { expiresAt: half }, 0],
    ['that has ended covers nothing', { expiresAt: half - 86_400 }, 0],
    // The pace is 100,000 in 15.5 days.
    ['that ends in a day covers what a day uses', { expiresAt: half + 86_400 }, 6_451],
    ['of the next period covers nothing', { since: FEBRUARY }, 0],
  ])('%s', (_what, is, tokens) => {
    expect(granted(is)).toBe(tokens);
  });

  test('covers nothing more once the period is over', () => {
    const over = (now: number) =>
      projectPeriod({ ...inJanuary(), grants: [grant({})] }, [aLine(150_000)], now).grantedTokens;
    expect([over(FEBRUARY - 1), over(FEBRUARY), over(FEBRUARY + 9)]).toEqual([30_000, 0, 0]);
  });
});

test('usage that no rate prices costs nothing', () => {
  const none = inJanuary(someTerms({ rates: [aRate({ models: ['gpt-4o'] })] }));
  expect(projectPeriod(none, [aLine(150_000)], FEBRUARY)).toMatchObject({
    ...{ overageTokens: 50_000, amountCents: 2900 },
  });
});

test('a line of no tokens is projected as that', () => {
  expect(projectPeriod(inJanuary(), [aLine(0)], FEBRUARY)).toMatchObject({
    ...{ tokens: 0, overageTokens: 0, amountCents: 2900 },
  });
});

test('discounts that the invoice will have are taken off what is projected', () => {
  const comingDiscounts = [{ coupon: 'LAUNCH', percentOff: '20' }];
  const period = { ...inJanuary(), comingDiscounts };
  // As above: 29.00 and 30 cents at the end, of which 580 and 6 are off.
  expect(projectPeriod(period, [aLine(50_000)], dayOfJanuary(8.75)).amountCents).toBe(2344);
});
