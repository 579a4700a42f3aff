/**
 * What a coupon takes off lines, by its terms: an invoice is explained by it, and what is told of
 * one that is still to come is worked out by it.
 */
import { exactPercentOf, roundHalfUpCents, splitByLargestRemainder } from '../money';

/** A coupon's terms; neither field: Stripe does not tell them. */
export interface CouponTerms {
  /** So much of each line, a decimal string. */
  readonly percentOff?: string;
  /** So much of all lines together. */
  readonly amountOffCents?: number;
}

/** Stripe does not say how it rounds: half up is as near as any. */
export const percentOffCents = (baseCents: number, percent: string): number =>
  roundHalfUpCents(exactPercentOf(String(baseCents), percent));

/** All of the amount, or all that there is. */
export const amountOff = (amountOffCents: number, baseCents: readonly number[]): number =>
  Math.min(
    amountOffCents,
    baseCents.reduce((sum, cents) => sum + Math.max(0, cents), 0),
  );

/** What it takes of each line, in their order; nothing is taken off a line that is none or less. */
export function takenOff(
  { percentOff, amountOffCents }: CouponTerms,
  baseCents: readonly number[],
): number[] {
  const bases = baseCents.map((cents) => Math.max(0, cents));
  if (percentOff !== undefined) return bases.map((cents) => percentOffCents(cents, percentOff));
  return splitByLargestRemainder(amountOff(amountOffCents ?? 0, bases), bases);
}
