/**
 * How a change of plan is paid for: a change within a period is in force when Stripe has its money,
 * and nothing is credited that nobody has paid.
 */
import type Stripe from 'stripe';
import { prorationFor } from '../core/subscription/proration';
import { baseCharges } from './base-charges';
import type { PriceBook } from './price-book';

export interface PricedChange {
  readonly planId: string;
  readonly isNow: boolean;
  /** The plan of now again: a change to come is taken back, whose price nobody has paid. */
  readonly isSame: boolean;
  readonly isDearer: boolean;
}

export type PaymentTerms = Pick<
  Stripe.SubscriptionUpdateParams,
  'proration_behavior' | 'payment_behavior'
>;

export async function paymentTerms(
  stripe: Stripe,
  priceBook: PriceBook,
  subscription: Stripe.Subscription,
  change: PricedChange,
): Promise<PaymentTerms> {
  if (!change.isNow || change.isSame) return { proration_behavior: 'none' };
  const charges = change.isDearer ? [] : await baseCharges(stripe, priceBook, subscription);
  return {
    proration_behavior: prorationFor(change, charges),
    // Unpaid, all stays as it was. A pending update would invoice usage so far with it, and lose
    // that usage when it expires.
    payment_behavior: 'error_if_incomplete',
  };
}
