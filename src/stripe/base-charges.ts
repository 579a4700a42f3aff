/** What a subscription's invoices charge in advance for its current period. */
import type Stripe from 'stripe';
import type { BaseCharge } from '../core/subscription/proration';
import { currentPeriodOf } from './current-period';
import { allLines } from './embedded-lists';
import type { PriceBook } from './price-book';
import { idOf } from './id-of';

/** The latest invoices that are read: more changes of plan within a period are not looked at. */
const INVOICES_MAX = 100;

/** The oldest come first. */
export async function baseCharges(
  stripe: Stripe,
  priceBook: PriceBook,
  subscription: Stripe.Subscription,
): Promise<BaseCharge[]> {
  const { end } = currentPeriodOf(subscription);
  const invoices = await stripe.invoices
    .list({ subscription: subscription.id, limit: INVOICES_MAX })
    .autoPagingToArray({ limit: INVOICES_MAX });
  const charges: BaseCharge[] = [];
  // Stripe lists the latest first.
  for (const invoice of invoices.reverse()) {
    for (const line of await allLines(stripe, invoice)) {
      const price = line.pricing?.price_details?.price;
      if (!price || line.amount <= 0 || line.period.end !== end) continue;
      const { planId } = await priceBook.meaningOf(idOf(price));
      if (planId === null) continue;
      charges.push({ planId, invoiceId: invoice.id, invoiceStatus: invoice.status ?? 'draft' });
    }
  }
  return charges;
}
