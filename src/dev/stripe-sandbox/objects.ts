/** The stored objects, as far as the sandbox reasons about their fields; the rest rides along. */

export interface StripeObject {
  id: string;
  object: string;
  created: number;
  /** The connected account it belongs to; absent for the platform's own. It is never shown. */
  owner?: string;
  [field: string]: unknown;
}

export type Metadata = Record<string, string>;

export interface DiscountAmount {
  amount: number;
  discount: string;
}

/** What is taken off before tax, by a discount or by credits. */
export interface PretaxCredit {
  amount: number;
  type: 'credit_balance_transaction' | 'discount';
  credit_balance_transaction?: string;
  discount?: string;
}

export interface Customer extends StripeObject {
  object: 'customer';
  balance: number;
  currency: string | null;
  /** The discount's id; it is shown whole. */
  discount: string | null;
  email: string | null;
  name: string | null;
  invoice_prefix: string;
  next_invoice_sequence: number;
  invoice_settings: { default_payment_method: string | null; [field: string]: unknown };
  metadata: Metadata;
  test_clock: string | null;
  deleted?: true;
}

export interface Recurring {
  interval: 'day' | 'week' | 'month' | 'year';
  interval_count: number;
  meter: string | null;
  usage_type: 'licensed' | 'metered';
  trial_period_days: number | null;
}

export interface Tier {
  flat_amount: number | null;
  flat_amount_decimal: string | null;
  unit_amount: number | null;
  unit_amount_decimal: string | null;
  up_to: number | null;
}

export interface Price extends StripeObject {
  object: 'price';
  active: boolean;
  billing_scheme: 'per_unit' | 'tiered';
  currency: string;
  lookup_key: string | null;
  metadata: Metadata;
  nickname: string | null;
  product: string;
  recurring: Recurring | null;
  tiers_mode: 'graduated' | 'volume' | null;
  tiers?: Tier[];
  transform_quantity: { divide_by: number; round: 'up' | 'down' } | null;
  unit_amount: number | null;
  unit_amount_decimal: string | null;
}

export interface SubscriptionItem extends StripeObject {
  object: 'subscription_item';
  subscription: string;
  price: string;
  quantity: number | null;
  metadata: Metadata;
  current_period_start: number;
  current_period_end: number;
  /** Usage is this price's from then on, after a swap within a period. It is never shown. */
  metered_from?: number;
}

export type SubscriptionStatus =
  | 'active'
  | 'canceled'
  | 'incomplete'
  | 'incomplete_expired'
  | 'past_due'
  | 'paused'
  | 'trialing'
  | 'unpaid';

export interface PauseCollection {
  behavior: 'keep_as_draft' | 'mark_uncollectible' | 'void';
  resumes_at: number | null;
}

export interface Subscription extends StripeObject {
  object: 'subscription';
  customer: string;
  currency: string;
  status: SubscriptionStatus;
  metadata: Metadata;
  billing_cycle_anchor: number;
  billing_mode: { type: 'classic' | 'flexible'; flexible?: unknown; updated_at?: number };
  cancel_at: number | null;
  /** Whether ending at `cancel_at` gives unused time back. It is never shown. */
  cancel_prorates?: boolean;
  cancel_at_period_end: boolean;
  canceled_at: number | null;
  discounts: string[];
  ended_at: number | null;
  default_payment_method: string | null;
  latest_invoice: string | null;
  trial_start: number | null;
  trial_end: number | null;
  /** Its end was announced. It is never shown. */
  trial_announced?: boolean;
  payment_settings: Record<string, unknown>;
  pause_collection: PauseCollection | null;
  pending_update: Record<string, unknown> | null;
  /** What becomes of it when an open invoice is paid. It is never shown. */
  waiting_update?: WaitingUpdate | null;
  test_clock: string | null;
}

/** Changes that wait for the payment of their invoice. */
export interface WaitingUpdate {
  /** Null until it is made. */
  invoice: string | null;
  changes: { before: SubscriptionItem | null; after: SubscriptionItem | null }[];
  /** The new period that begins with it. */
  next: { start: number; end: number } | null;
  metadata: Record<string, string> | null;
  expiresAt: number;
  /** The request that asked for it is still under way. */
  isNew: boolean;
}

export interface LineItem {
  id: string;
  object: 'line_item';
  [field: string]: unknown;
  amount: number;
  subtotal: number;
  currency: string;
  description: string | null;
  discount_amounts: DiscountAmount[];
  discountable: boolean;
  /** Those that its amount includes already. */
  discounts: string[];
  pretax_credit_amounts: PretaxCredit[];
  invoice: string;
  metadata: Metadata;
  period: { start: number; end: number };
  quantity: number | null;
  quantity_decimal: string | null;
  subscription: string | null;
  pricing: {
    type: 'price_details';
    unit_amount_decimal: string | null;
    price_details: { price: string; product: string };
  } | null;
  parent: {
    type: 'subscription_item_details' | 'invoice_item_details';
    subscription_item_details: {
      subscription: string;
      subscription_item: string;
      proration: boolean;
      [field: string]: unknown;
    } | null;
    invoice_item_details: Record<string, unknown> | null;
  };
}

export interface Invoice extends StripeObject {
  object: 'invoice';
  customer: string;
  currency: string;
  status: 'draft' | 'open' | 'paid' | 'void' | 'uncollectible';
  billing_reason: string;
  auto_advance: boolean;
  automatically_finalizes_at: number | null;
  webhooks_delivered_at: number | null;
  attempt_count: number;
  attempted: boolean;
  next_payment_attempt: number | null;
  amount_due: number;
  amount_paid: number;
  amount_remaining: number;
  starting_balance: number;
  ending_balance: number | null;
  subtotal: number;
  total: number;
  discounts: string[];
  total_discount_amounts: DiscountAmount[];
  total_pretax_credit_amounts: PretaxCredit[];
  number: string | null;
  metadata: Metadata;
  default_payment_method: string | null;
  period_start: number;
  period_end: number;
  lines: { object: 'list'; data: LineItem[]; has_more: boolean; url: string };
  parent: {
    type: 'subscription_details';
    quote_details: null;
    subscription_details: { metadata: Metadata; subscription: string } | null;
  } | null;
  status_transitions: {
    finalized_at: number | null;
    marked_uncollectible_at: number | null;
    paid_at: number | null;
    voided_at: number | null;
  };
  test_clock: string | null;
  /** Where its page is; null before it is finalized. It is never shown by itself. */
  hosted_page?: { secret: string; until: number };
}

export interface TestClock extends StripeObject {
  object: 'test_helpers.test_clock';
  frozen_time: number;
  status: 'ready' | 'advancing' | 'internal_failure';
  status_details: Record<string, unknown>;
}

export interface PaymentMethod extends StripeObject {
  object: 'payment_method';
  customer: string | null;
  metadata: Metadata;
}
