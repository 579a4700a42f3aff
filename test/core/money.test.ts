/**
 * Money: prices per million tokens turn into exact amounts, and only an invoice line is rounded.
 */
import fc from 'fast-check';
import { DomainError } from '../../src/core/errors';
import {
  centsPerToken,
  compareDecimals,
  exactCents,
  exactPercentOf,
  formatCents,
  multiplyDecimals,
  percentage,
  percentOfCents,
  pricePerMillion,
  proportionOfCents,
  roundHalfUpCents,
  splitByLargestRemainder,
  subtractDecimals,
  sumDecimals,
} from '../../src/core/money';

describe('a price per million tokens as cents per token', () => {
  test.each([
    ['2.00', '0.0002'],
    ['3.00', '0.0003'],
    ['30.00', '0.003'],
    ['0', '0'],
    ['0.00000001', '0.000000000001'],
    ['123456789.12345678', '12345.678912345678'],
  ])('%s per million is %s cents a token', (price, cents) => {
    expect(centsPerToken(price)).toBe(cents);
  });

  test('a price finer than the twelve places that Stripe keeps is refused, not rounded', () => {
    expect(() => centsPerToken('0.000000001')).toThrow(/12 decimal places/);
  });

  test.each(['', '3,00', '1e3', 'NaN', '.5', '0x10'])('%j is not a price', (price) => {
    expect(() => centsPerToken(price)).toThrow(/expected a decimal number/);
  });
});

describe('the amount of an invoice line', () => {
  test.each([
    ['Starter, 50,000 tokens over at $3', 50_000, '3.00', '15', 15],
    ['pay-per-token, 1,234,567 tokens at $2', 1_234_567, '2.00', '246.9134', 247],
    ['half a cent is rounded up', 2_500, '2.00', '0.5', 1],
    ['just under half a cent is rounded down', 2_499, '2.00', '0.4998', 0],
    [
      'the largest count keeps every digit',
      9_007_199_254_740_991,
      '3.00',
      '2702159776422.2973',
      2702159776422,
    ],
  ])('%s', (_case, tokens, price, exact, cents) => {
    expect(exactCents(tokens, price)).toBe(exact);
    expect(roundHalfUpCents(exact)).toBe(cents);
  });

  test('a correction is rounded away from zero, as Stripe does', () => {
    expect(roundHalfUpCents('-0.5')).toBe(-1);
    expect(Object.is(roundHalfUpCents('-0.4'), 0)).toBe(true);
  });

  test('tokens that are not whole are refused', () => {
    expect(() => exactCents(1.5, '3.00')).toThrow(/Tokens are 1.5/);
  });

  test('rating parts and adding up is rating the sum: exact amounts never drift', () => {
    const tokens = fc.integer({ min: 0, max: 1_000_000_000_000 });
    const price = fc
      .tuple(fc.integer({ min: 0, max: 999_999 }), fc.integer({ min: 0, max: 99_999_999 }))
      .map(([units, part]) => `${units}.${String(part).padStart(8, '0')}`);
    fc.assert(
      fc.property(fc.array(tokens, { maxLength: 20 }), price, (parts, perMillion) => {
        const whole = parts.reduce((sum, part) => sum + part, 0);
        const sum = sumDecimals(parts.map((part) => exactCents(part, perMillion)));
        expect(sum).toBe(exactCents(whole, perMillion));
      }),
    );
  });
});

describe('decimals', () => {
  test('compare and subtract without losing a digit', () => {
    expect(compareDecimals('0.1', '0.10')).toBe(0);
    expect(compareDecimals('10', '9.99999999')).toBe(1);
    expect(subtractDecimals('5.00', '3.00')).toBe('2');
    expect(subtractDecimals('0.3', '0.1')).toBe('0.2');
  });
});

describe('an amount for people', () => {
  test.each([
    [247, 'usd', '$2.47'],
    [0, 'usd', '$0.00'],
    [-5, 'usd', '-$0.05'],
    [123_456_789, 'usd', '$1,234,567.89'],
    [2915, 'eur', '29.15 EUR'],
  ])('%d %s is %s', (cents, currency, text) => {
    expect(formatCents(cents, currency)).toBe(text);
  });
});

describe('a part of an amount', () => {
  test.each([
    [5_000, '15', 750],
    [10, '15', 2],
    [4, '12.5', 1],
    [3, '16.66', 0],
    [9_007_199_254_740_991, '100', 9_007_199_254_740_991],
  ])('of %i cents, %s percent are %i', (cents, percent, expected) => {
    expect(percentOfCents(cents, percent)).toBe(expected);
  });

  test('that falls on half of it, or on just less than half a cent, is rounded half up', () => {
    expect(proportionOfCents(5, 1, 2)).toBe(3);
    // 0.4999999999999999…: the next whole number below a half.
    expect(proportionOfCents(1, 4_503_599_627_370_495, 9_007_199_254_740_991)).toBe(0);
    expect(proportionOfCents(1, 4_503_599_627_370_496, 9_007_199_254_740_991)).toBe(1);
  });

  test.each([
    [-1, 2],
    [3, 2],
    [0, 0],
  ])('%i of %i is refused', (part, whole) => {
    expect(() => proportionOfCents(5, part, whole)).toThrow(/expected at least nothing/);
  });
});

describe('a split by weights', () => {
  test.each([
    [100, [1, 1, 1], [34, 33, 33]],
    [101, [1, 1, 1], [34, 34, 33]],
    [1, [1, 2, 0], [0, 1, 0]],
    [0, [0, 0], [0, 0]],
    [9_007_199_254_740_991, [1, 1], [4_503_599_627_370_496, 4_503_599_627_370_495]],
  ])('%i by %j', (cents, weights, parts) => {
    expect(splitByLargestRemainder(cents, weights)).toEqual(parts);
  });

  test('an amount without any weight is refused, as is a negative one', () => {
    expect(() => splitByLargestRemainder(1, [0])).toThrow(/no weight/);
    expect(() => splitByLargestRemainder(-1, [1])).toThrow(/not less than none/);
    expect(() => splitByLargestRemainder(1, [2, -1])).toThrow(/not less than none/);
  });
});

test('nothing of an amount falls on no part of it', () => {
  expect(proportionOfCents(5, 0, 2)).toBe(0);
});

describe('what is no figure is refused with what was seen', () => {
  const refusal = (act: () => unknown) => {
    try {
      return act();
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      return [error.name, error.code, error.message];
    }
  };
  const NO_DECIMAL = 'expected a decimal number such as "3.00".';

  test.each<[string, () => unknown]>([
    ['A decimal', () => compareDecimals('x', '1')],
    ['A decimal', () => compareDecimals('1', 'x')],
    ['A decimal', () => subtractDecimals('x', '1')],
    ['A decimal', () => subtractDecimals('1', 'x')],
    ['A decimal', () => sumDecimals(['x'])],
    ['A decimal', () => multiplyDecimals('x', '1')],
    ['A decimal', () => multiplyDecimals('1', 'x')],
    ['pricePerMillionTokens', () => centsPerToken('x')],
    ['A unit amount', () => pricePerMillion('x')],
    ['An amount', () => roundHalfUpCents('x')],
    ['A percentage', () => percentOfCents(1, 'x')],
    ['An amount', () => exactPercentOf('x', '1')],
    ['A percentage', () => exactPercentOf('1', 'x')],
    ['An amount', () => percentage('1', 'x')],
    ['An amount', () => percentage('x', '1')],
  ])('%s: %#', (what, act) => {
    const message = `${what} is "x": ${NO_DECIMAL}`;
    expect(refusal(act)).toEqual(['DomainError', 'invariant_broken', message]);
  });

  test.each<[string, string, () => unknown]>([
    [
      'catalog_invalid',
      'pricePerMillionTokens 0.000000001 is 0.0000000000001 cents a token: Stripe keeps 12 ' +
        'decimal places. Give the price at most 8 decimal places.',
      () => centsPerToken('0.000000001'),
    ],
    [
      'invariant_broken',
      'An amount of 9007199254740992 cents exceeds 2^53.',
      () => roundHalfUpCents('9007199254740992'),
    ],
    ['invariant_broken', 'An amount is 1.5: expected whole cents.', () => formatCents(1.5, 'usd')],
  ])('%s: %s', (code, message, act) => {
    expect(refusal(act)).toEqual(['DomainError', code, message]);
  });
});
