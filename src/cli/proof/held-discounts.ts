/**
 * The discounts that a renewal's subscription has at Stripe now: one that began before the renewal
 * and goes on must be on its invoice. What the subscription had and lost is on nobody's record.
 */
import type Stripe from 'stripe';
import type { KnownDiscounts } from '../../core/discounts/subscription-discounts';
import type { InvoiceSnapshot } from '../../core/invoices/invoice-snapshot';
import { COMING_DISCOUNTS, comingDiscountsOf } from '../../stripe/coming-discounts';
import { readSubscriptionWhole } from '../../stripe/embedded-lists';
import { unlessGone } from '../../stripe/errors';
import { itemsOf } from '../../stripe/subscription-items';
import type { PriceBook } from '../../stripe/price-book';

/** undefined: it is no renewal, or Stripe tells nothing of its subscription any more. */
export async function heldDiscounts(
  { stripe, priceBook }: { readonly stripe: Stripe; readonly priceBook: PriceBook },
  { billingReason, subscriptionId }: InvoiceSnapshot,
): Promise<KnownDiscounts | undefined> {
  if (billingReason !== 'subscription_cycle' || subscriptionId === null) return undefined;
  const subscription = await unlessGone(() =>
    readSubscriptionWhole(stripe, subscriptionId, COMING_DISCOUNTS),
  );
  if (!subscription) return undefined;
  const items = itemsOf(priceBook, subscription);
  const { discounts = [] } = comingDiscountsOf(subscription, items);
  // Its period is over, by whichever clock: there is an invoice of it.
  return { present: discounts, gone: [], readSince: Infinity };
}
