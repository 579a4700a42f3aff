/**
 * Fields of the pinned API version (2026-10-28.endive) that stripe-mock's description
 * (2026-08-26.dahlia) does not have: by schema, or by schema and field within it. Each is in the
 * types of the `stripe` package, in the file named beside it.
 */

type Fields = Record<string, Record<string, unknown>>;

const OBJECT_OR_NULL = { type: 'object', nullable: true };
const INTEGER_OR_NULL = { type: 'integer', nullable: true };
const TEXT_OR_NULL = { type: 'string', nullable: true };

export const ADDED_SINCE: Record<string, Fields> = {
  /** Charges.d.ts: not described since sources are gone, but still sent. */
  charge: { source: OBJECT_OR_NULL },
  /** Checkout/Sessions.d.ts. */
  'checkout.session': {
    allowed_payment_method_types: { type: 'array', items: { type: 'string' }, nullable: true },
  },
  /** PaymentIntents.d.ts. */
  payment_intent: { payment_record: TEXT_OR_NULL, source: OBJECT_OR_NULL },
  /** Products.d.ts. */
  product: { tax_details: OBJECT_OR_NULL, type: { enum: ['good', 'service'] } },
  /** Prices.d.ts, `Price.Recurring`. */
  recurring: { trial_period_days: INTEGER_OR_NULL },
  /** SubscriptionItems.d.ts. */
  subscription_item: { current_trial: OBJECT_OR_NULL, plan: OBJECT_OR_NULL },
  /** Subscriptions.d.ts, `Subscription.PendingUpdate`. */
  subscriptions_resource_pending_update: {
    cancel_at_period_end: { type: 'boolean', nullable: true },
    discount: OBJECT_OR_NULL,
    discounts: { type: 'array', items: {}, nullable: true },
  },
  /** lib.d.ts, `ApiList`; Stripe sends it for a subscription's items. */
  'subscription.items': { total_count: { type: 'integer' } },
};
