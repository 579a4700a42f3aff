/** A new invoice and its lines, every field that the pinned API version has. */
import { settledDiscounts } from '../discounts/settled';
import { newId } from '../identifiers';
import type { Customer, Invoice, LineItem, Price, Subscription } from '../objects';
import type { InvoiceItem } from '../objects-invoice-item';
import type { SubscriptionItem } from '../objects';

interface NewInvoice {
  customer: Customer;
  subscription: Subscription | null;
  billingReason: string;
  now: number;
  period: { start: number; end: number };
  currency: string;
}

export function newInvoice(facts: NewInvoice): Invoice {
  const id = newId('in');
  return {
    id,
    object: 'invoice',
    ...amountsOfNothing(),
    ...customerFields(facts.customer),
    ...progressOfDraft(),
    ...unusedFields(),
    billing_reason: facts.billingReason,
    created: facts.now,
    currency: facts.currency,
    lines: { object: 'list', data: [], has_more: false, url: `/v1/invoices/${id}/lines` },
    livemode: false,
    metadata: {},
    parent: parentSubscription(facts.subscription),
    period_end: facts.period.end,
    period_start: facts.period.start,
  };
}

const amountsOfNothing = () => ({
  amount_due: 0,
  amount_overpaid: 0,
  amount_paid: 0,
  amount_paid_off_stripe: 0,
  amount_remaining: 0,
  amount_shipping: 0,
  ending_balance: null,
  post_payment_credit_notes_amount: 0,
  pre_payment_credit_notes_amount: 0,
  starting_balance: 0,
  subtotal: 0,
  subtotal_excluding_tax: 0,
  total: 0,
  total_discount_amounts: [],
  total_excluding_tax: 0,
  total_pretax_credit_amounts: [],
  total_taxes: [],
});

const customerFields = (customer: Customer) => ({
  customer: customer.id,
  customer_account: null,
  customer_address: null,
  customer_email: customer.email,
  customer_name: customer.name,
  customer_phone: null,
  customer_shipping: null,
  customer_tax_exempt: 'none',
  customer_tax_ids: [],
  test_clock: customer.test_clock,
});

/** How far it is: a draft that nobody has tried to collect. */
const progressOfDraft = () => ({
  attempt_count: 0,
  attempted: false,
  auto_advance: true,
  automatically_finalizes_at: null,
  collection_method: 'charge_automatically',
  due_date: null,
  effective_at: null,
  last_finalization_error: null,
  next_payment_attempt: null,
  number: null,
  status: 'draft' as const,
  status_transitions: {
    finalized_at: null,
    marked_uncollectible_at: null,
    paid_at: null,
    voided_at: null,
  },
  webhooks_delivered_at: null,
});

/** What Stripe has and nothing here sets. */
const unusedFields = () => ({
  account_country: 'US',
  account_name: 'Sandbox',
  account_tax_ids: null,
  application: null,
  automatic_tax: {
    disabled_reason: null,
    enabled: false,
    liability: null,
    provider: null,
    status: null,
  },
  custom_fields: null,
  default_payment_method: null,
  default_source: null,
  default_tax_rates: [],
  description: null,
  discounts: [],
  footer: null,
  from_invoice: null,
  hosted_invoice_url: null,
  invoice_pdf: null,
  issuer: { type: 'self' },
  latest_revision: null,
  on_behalf_of: null,
  payment_settings: {
    default_mandate: null,
    payment_method_options: null,
    payment_method_types: null,
  },
  receipt_number: null,
  rendering: null,
  shipping_cost: null,
  shipping_details: null,
  statement_descriptor: null,
});

const parentSubscription = (subscription: Subscription | null): Invoice['parent'] =>
  subscription && {
    type: 'subscription_details',
    quote_details: null,
    subscription_details: {
      metadata: { ...subscription.metadata },
      subscription: subscription.id,
    },
  };

interface ItemLine {
  item: SubscriptionItem;
  price: Price;
  description: string;
  unitAmount: string | null;
  amount: number;
  quantity: number;
  period: { start: number; end: number };
  isProration?: boolean;
}

export function itemLine(invoice: Invoice, facts: ItemLine): LineItem {
  const { item, price } = facts;
  const parent: LineItem['parent'] = {
    type: 'subscription_item_details',
    invoice_item_details: null,
    subscription_item_details: {
      invoice_item: null,
      proration: facts.isProration ?? false,
      proration_details: { credited_items: null },
      subscription: item.subscription,
      subscription_item: item.id,
    },
  };
  return {
    ...bareLine(invoice, facts.amount, facts.period, parent),
    description: facts.description,
    pricing: pricingOf(price, facts.unitAmount),
    quantity: facts.quantity,
    quantity_decimal: String(facts.quantity),
    subscription: item.subscription,
  };
}

function pricingOf(price: Price, unitAmount = price.unit_amount_decimal): LineItem['pricing'] {
  return {
    type: 'price_details',
    price_details: { price: price.id, product: price.product },
    unit_amount_decimal: unitAmount,
  };
}

export function invoiceItemLine(
  invoice: Invoice,
  item: InvoiceItem,
  price: Price | undefined,
): LineItem {
  const parent = parentOf(item);
  return {
    ...bareLine(invoice, item.amount, item.period, parent),
    description: item.description,
    discountable: item.discountable && item.amount >= 0,
    ...settledDiscounts(item),
    metadata: { ...item.metadata },
    pricing: price ? pricingOf(price) : null,
    quantity: item.quantity,
    quantity_decimal: String(item.quantity),
    subscription: item.subscription,
  };
}

/** A proration's line belongs to its subscription's item, any other to its invoice item. */
function parentOf(item: InvoiceItem): LineItem['parent'] {
  const sharedDetails = { invoice_item: item.id, proration_details: { credited_items: null } };
  if (item.proration && item.subscription !== null && item.subscription_item !== null) {
    return {
      type: 'subscription_item_details',
      invoice_item_details: null,
      subscription_item_details: {
        ...sharedDetails,
        proration: true,
        subscription: item.subscription,
        subscription_item: item.subscription_item,
      },
    };
  }
  return {
    type: 'invoice_item_details',
    invoice_item_details: { ...sharedDetails, proration: false, subscription: item.subscription },
    subscription_item_details: null,
  };
}

/** A line as both kinds begin; who makes it says where it comes from. */
function bareLine(
  invoice: Invoice,
  amount: number,
  period: { start: number; end: number },
  parent: LineItem['parent'],
): LineItem {
  return {
    id: newId('il'),
    object: 'line_item',
    amount,
    currency: invoice.currency,
    description: null,
    discount_amounts: [],
    discountable: true,
    discounts: [],
    invoice: invoice.id,
    ...{ livemode: false, metadata: {}, parent },
    period: { ...period },
    pretax_credit_amounts: [],
    pricing: null,
    ...{ quantity: null, quantity_decimal: null, subscription: null },
    subtotal: amount,
    taxes: [],
  };
}
