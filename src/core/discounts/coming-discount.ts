/** Discounts of a subscription, as its next invoice will have them. */
import type { StatementDiscount } from '../state/period-state';
import { takenOff } from './discount-amount';
import type { CouponTerms } from './discount-amount';

export interface ComingDiscount extends CouponTerms {
  /** Stripe's. Absent: it was not read. */
  readonly id?: string;
  /** Null: Stripe does not tell. */
  readonly coupon: string | null;
  /** What Stripe shows to customers. Absent: it has none, or it was not read. */
  readonly couponName?: string;
  /** Unix seconds at which it was given. Absent: it was not read. */
  readonly startsAt?: number;
  /** Unix seconds at which its months are over. Absent: it goes on, or takes one invoice. */
  readonly endsAt?: number;
  /** It takes off these only. Absent: off all. */
  readonly only?: { readonly isOnBase: boolean; readonly rateIds: readonly string[] };
}

/** The subscription had it, and does not any more. */
export interface GoneDiscount {
  readonly id: string;
  /** Start of the period in which it was read to be gone. */
  readonly since: number;
  /** Stripe tells no end of one that is gone: it is as it was read before. Absent: it had none. */
  readonly endsAt?: number;
}

/** What a discount takes off: the base price, which has no rate, or usage of a rate. */
export interface DueLine {
  readonly rateId: string | null;
  readonly amountCents: number;
}

/** An invoice made at `at` has these; an end at that second is over, as Stripe has it. */
export const discountsAt = (
  discounts: readonly ComingDiscount[],
  at: number,
): readonly ComingDiscount[] =>
  discounts.filter(({ endsAt }) => endsAt === undefined || endsAt > at);

/**
 * They are what is known of them with another plan: whether one that is for certain products is for
 * that plan's base price, only Stripe knows.
 */
export const discountsWithPlan = (discounts: readonly ComingDiscount[]): ComingDiscount[] =>
  discounts.map((one) =>
    one.only ? { ...one, only: { isOnBase: false, rateIds: one.only.rateIds } } : one,
  );

/** One after the other, each of what those before it have left. */
export function takenByDiscounts(
  discounts: readonly ComingDiscount[],
  lines: readonly DueLine[],
): StatementDiscount[] {
  const remainders = lines.map(({ amountCents }) => amountCents);
  return discounts.map(({ coupon, couponName, only, ...terms }) => {
    const reach = lines.flatMap(({ rateId }, at) => (isReached(only, rateId) ? [at] : []));
    const parts = takenOff(
      terms,
      reach.map((at) => remainders[at] ?? 0),
    );
    for (const [index, at] of reach.entries())
      remainders[at] = (remainders[at] ?? 0) - (parts[index] ?? 0);
    const amountCents = parts.reduce((sum, cents) => sum + cents, 0);
    return { coupon, ...(couponName !== undefined && { couponName }), amountCents };
  });
}

function isReached(only: ComingDiscount['only'], rateId: string | null): boolean {
  if (!only) return true;
  return rateId === null ? only.isOnBase : only.rateIds.includes(rateId);
}
