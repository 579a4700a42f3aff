/** An invoice item: pending until an invoice takes it. */
import type { DiscountAmount, Metadata, StripeObject } from './objects';

export interface InvoiceItem extends StripeObject {
  object: 'invoiceitem';
  amount: number;
  currency: string;
  customer: string;
  description: string | null;
  invoice: string | null;
  metadata: Metadata;
  period: { start: number; end: number };
  quantity: number;
  subscription: string | null;
  /** It is never shown, nor is the price: they are within `parent` and `pricing`. */
  subscription_item: string | null;
  discountable: boolean;
  net_amount: number;
  /** What discounts take of a proration, told or included. It is never shown. */
  taken?: DiscountAmount[];
  proration: boolean;
  proration_details?: { credited_items: null; discount_amounts: DiscountAmount[] };
  price: string | null;
}
