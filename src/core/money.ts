/**
 * Money arithmetic: prices per million tokens, exact amounts in minor units, and the one rounding
 * that an invoice line has. Amounts between functions are integers or decimal strings, never
 * floats.
 */
import { Decimal } from 'decimal.js';
import { DomainError, invariant } from './errors';

/** Our own constructor: the global one's precision could be changed by any other package. */
const Exact = Decimal.clone({
  precision: 40,
  rounding: Decimal.ROUND_HALF_UP,
  toExpNeg: -40,
  toExpPos: 40,
});

const DECIMAL_PATTERN = /^-?\d+(\.\d+)?$/;
/** The currencies that we bill in have 100 minor units: `catalog-file.ts` admits no other. */
const CENTS_PER_UNIT = 100;
const TOKENS_PER_PRICE = 1_000_000;
const PERCENT_WHOLE = 100;
/** Stripe's limit for `unit_amount_decimal`. */
const UNIT_AMOUNT_PLACES_MAX = 12;

function exact(value: string, what: string): Decimal {
  if (!DECIMAL_PATTERN.test(value)) {
    throw new DomainError(
      'invariant_broken',
      `${what} is ${JSON.stringify(value)}: expected a decimal number such as "3.00".`,
    );
  }
  return new Exact(value);
}

/** −1, 0 or 1 tells which of two decimal strings is greater. */
export function compareDecimals(a: string, right: string): number {
  return exact(a, 'A decimal').comparedTo(exact(right, 'A decimal'));
}

/** Exact difference of two decimal strings. */
export function subtractDecimals(a: string, right: string): string {
  return exact(a, 'A decimal').minus(exact(right, 'A decimal')).toFixed();
}

/** Exact sum of decimal strings. */
export function sumDecimals(values: readonly string[]): string {
  return values.reduce((sum, value) => sum.plus(exact(value, 'A decimal')), new Exact(0)).toFixed();
}

/**
 * Stripe's `unit_amount_decimal` of a metered price whose unit is one token: cents, exact.
 * Throws rather than rounds, because a rounded unit price would be wrong by every token.
 */
export function centsPerToken(pricePerMillionTokens: string): string {
  const price = exact(pricePerMillionTokens, 'pricePerMillionTokens');
  // Dividing by a power of ten only moves the point: exact.
  const cents = price.times(CENTS_PER_UNIT).dividedBy(TOKENS_PER_PRICE);
  if (cents.decimalPlaces() > UNIT_AMOUNT_PLACES_MAX) {
    throw new DomainError(
      'catalog_invalid',
      `pricePerMillionTokens ${pricePerMillionTokens} is ${cents.toFixed()} cents a token: Stripe ` +
        `keeps ${UNIT_AMOUNT_PLACES_MAX} decimal places. Give the price at most 8 decimal places.`,
    );
  }
  return cents.toFixed();
}

/** Exact product of two decimal strings. */
export const multiplyDecimals = (a: string, right: string): string =>
  exact(a, 'A decimal').times(exact(right, 'A decimal')).toFixed();

/** The price of a million, in major units, of a `unit_amount_decimal` in cents for one. */
export const pricePerMillion = (unitAmount: string): string =>
  exact(unitAmount, 'A unit amount').times(TOKENS_PER_PRICE).dividedBy(CENTS_PER_UNIT).toFixed();

/** What so many tokens cost, exact, as a decimal string in minor units. */
export function exactCents(tokens: number, pricePerMillionTokens: string): string {
  invariant(
    Number.isSafeInteger(tokens),
    `Tokens are ${tokens}: expected a whole number below 2^53.`,
  );
  return new Exact(tokens).times(centsPerToken(pricePerMillionTokens)).toFixed();
}

/** The amount of an invoice line: Stripe rounds a line once, half away from zero. */
export function roundHalfUpCents(cents: string): number {
  const rounded = exact(cents, 'An amount').toDecimalPlaces(0, Decimal.ROUND_HALF_UP).toNumber();
  invariant(Number.isSafeInteger(rounded), `An amount of ${cents} cents exceeds 2^53.`);
  return rounded === 0 ? 0 : rounded;
}

/** So many percent of an amount, rounded half up once: a fee. */
export function percentOfCents(cents: number, percent: string): number {
  const share = exact(percent, 'A percentage');
  invariant(
    share.greaterThanOrEqualTo(0) && share.lessThanOrEqualTo(PERCENT_WHOLE),
    `A percentage is ${percent}: expected 0 to ${PERCENT_WHOLE}.`,
  );
  // Dividing by a power of ten only moves the point: exact.
  return roundHalfUpCents(wholeCents(cents).times(share).dividedBy(PERCENT_WHOLE).toFixed());
}

/** So many percent of an exact amount, exact. */
export function exactPercentOf(cents: string, percent: string): string {
  // Dividing by a power of ten only moves the point: exact.
  const share = exact(cents, 'An amount').times(exact(percent, 'A percentage'));
  return share.dividedBy(PERCENT_WHOLE).toFixed();
}

/**
 * The percentage that `part` is of `whole`, half up to one decimal place; null says that the whole
 * is nothing.
 */
export function percentage(part: string, whole: string): string | null {
  const divisor = exact(whole, 'An amount');
  if (divisor.isZero()) return null;
  const percent = exact(part, 'An amount').times(PERCENT_WHOLE).dividedBy(divisor);
  return percent.toDecimalPlaces(1, Decimal.ROUND_HALF_UP).toFixed();
}

/** What falls on `part` of a `whole` of an amount, rounded half up once. */
export function proportionOfCents(cents: number, part: number, whole: number): number {
  invariant(
    part >= 0 && part <= whole && whole > 0,
    `A part is ${part} of ${whole}: expected at least nothing and at most all of something.`,
  );
  // The remainder is compared twice over with the divisor: a rounded quotient could turn 0.4999…
  // into a half.
  const exactly = wholeCents(cents).times(wholeCents(part));
  const floor = exactly.dividedToIntegerBy(whole);
  const isHalf = exactly.minus(floor.times(whole)).times(2).greaterThanOrEqualTo(whole);
  return floor.plus(isHalf ? 1 : 0).toNumber();
}

/** It is a decimal string, to more places than any rounding to cents looks at. */
export const exactProportion = (cents: number, part: number, whole: number): string =>
  wholeCents(cents).times(part).dividedBy(whole).toDecimalPlaces(12).toFixed();

/**
 * Splits an amount in proportion to weights, to the cent: each gets its whole cents, and what is
 * left goes by a cent each to the largest remainders; of equal ones, to the earlier weight.
 */
export function splitByLargestRemainder(cents: number, weights: readonly number[]): number[] {
  const total = weights.reduce((sum, weight) => sum.plus(wholeCents(weight)), new Exact(0));
  if (total.isZero()) {
    invariant(cents === 0, `An amount of ${cents} cents has no weight to be split by.`);
    return weights.map(() => 0);
  }
  const parts = weights.map((weight, at) => {
    const exactly = wholeCents(cents).times(weight);
    const floor = exactly.dividedToIntegerBy(total);
    return { at, floor: floor.toNumber(), remainder: exactly.minus(floor.times(total)) };
  });
  const remainder = parts.reduce((rest, { floor }) => rest - floor, cents);
  const first = [...parts]
    .sort((a, b) => b.remainder.comparedTo(a.remainder))
    .slice(0, remainder)
    .map(({ at }) => at);
  return parts.map(({ at, floor }) => floor + (first.includes(at) ? 1 : 0));
}

function wholeCents(cents: number): Decimal {
  invariant(
    Number.isSafeInteger(cents) && cents >= 0,
    `An amount is ${cents}: expected whole cents, and not less than none.`,
  );
  return new Exact(cents);
}

/** People read it: `formatCents(247, 'usd')` is "$2.47", other currencies "2.47 EUR". */
export function formatCents(cents: number, currency: string): string {
  invariant(Number.isSafeInteger(cents), `An amount is ${cents}: expected whole cents.`);
  const amount = new Exact(Math.abs(cents))
    .dividedBy(CENTS_PER_UNIT)
    .toFixed(2)
    .replace(/\B(?=(\d{3})+\.)/g, ',');
  const sign = cents < 0 ? '-' : '';
  return currency.toLowerCase() === 'usd'
    ? `${sign}$${amount}`
    : `${sign}${amount} ${currency.toUpperCase()}`;
}
