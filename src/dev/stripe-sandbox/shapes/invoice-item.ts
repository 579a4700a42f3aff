/** A new invoice item, every field of the pinned API version. */
import { newId } from '../identifiers';
import type { Customer, DiscountAmount, Price } from '../objects';
import type { InvoiceItem } from '../objects-invoice-item';

interface From {
  amount: number;
  currency: string;
  now: number;
  period: { start: number; end: number };
  price: Price | null;
  quantity: number;
  description?: string | null;
  invoice?: string | null;
  metadata?: Record<string, string>;
  subscription?: string | null;
  subscriptionItem?: string | null;
  isProration?: boolean;
  isDiscountable?: boolean;
  /** What discounts take of a proration; `included` ones are in its amount. */
  taken?: DiscountAmount[];
  isIncluded?: boolean;
}

export function newInvoiceItem(customer: Customer, facts: From): InvoiceItem {
  const { now, price, subscription = null, taken: discounts = [], isIncluded = true } = facts;
  const off = discounts.reduce((sum, part) => sum + part.amount, 0);
  const amount = isIncluded ? facts.amount - off : facts.amount;
  const shown = discounts.map((part) => (isIncluded ? { ...part, amount: 0 } : { ...part }));
  return {
    id: newId('ii'),
    object: 'invoiceitem',
    amount,
    created: now,
    currency: facts.currency,
    customer: customer.id,
    customer_account: null,
    date: now,
    description: facts.description ?? null,
    discountable: facts.isDiscountable ?? !facts.isProration,
    discounts: [],
    invoice: facts.invoice ?? null,
    livemode: false,
    metadata: facts.metadata ?? {},
    net_amount: facts.amount - off,
    parent:
      subscription === null
        ? null
        : {
            type: 'subscription_details',
            subscription_details: {
              subscription,
              subscription_item: facts.subscriptionItem ?? null,
            },
          },
    period: { ...facts.period },
    price: price?.id ?? null,
    pricing: price && {
      type: 'price_details',
      price_details: { price: price.id, product: price.product },
      unit_amount_decimal: price.unit_amount_decimal,
    },
    proration: facts.isProration ?? false,
    ...(facts.isProration && {
      proration_details: { credited_items: null, discount_amounts: shown },
    }),
    quantity: facts.quantity,
    taken: discounts,
    quantity_decimal: String(facts.quantity),
    subscription,
    subscription_item: facts.subscriptionItem ?? null,
    tax_rates: [],
    test_clock: customer.test_clock,
  };
}
