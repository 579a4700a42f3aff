/**
 * Fields that objects are looked up by: a call must cost the same with fifty thousand customers as
 * with five, so it may scan only what is few by its nature.
 */
import type { KeyOf } from './collection';
import type { StripeObject } from './objects';
import type { Delivery } from './objects-own';
import type { Invoice, Subscription } from './objects';
import type { PromotionCode } from './objects-discount';
import type { MeterError } from './objects-v2';
import type { Payout } from './objects-money';
import type { Kind } from './kinds';

/** The account's own clock is real time; test clocks have ids. */
export const clockKey = (testClock: string | null): string => testClock ?? 'account';

const ENDED: ReadonlySet<string> = new Set(['canceled', 'incomplete_expired']);

const field =
  (name: string): KeyOf =>
  (object) => {
    const value = object[name];
    return typeof value === 'string' ? value : undefined;
  };

/** The platform itself has no id among the owners. */
const ofOwner: KeyOf = ({ owner }) => owner ?? '';

const onClock: KeyOf = ({ test_clock: clock }) => clockKey((clock ?? null) as string | null);

function fields(...names: string[]): Record<string, KeyOf> {
  return Object.fromEntries(names.map((name) => [name, field(name)]));
}

const own = <T extends StripeObject>(keyOf: (object: T) => string | undefined): KeyOf =>
  keyOf as KeyOf;

/** An invoice or a subscription that time may still do something to, by its clock. */
const awaitedInvoice = own<Invoice>((invoice) =>
  invoice.auto_advance && (invoice.status === 'draft' || invoice.status === 'open')
    ? clockKey(invoice.test_clock)
    : undefined,
);
const awaitedSubscription = own<Subscription>((one) =>
  ENDED.has(one.status) && !one.waiting_update ? undefined : clockKey(one.test_clock),
);

export const INDEXES: Partial<Record<Kind, Record<string, KeyOf>>> = {
  customer: { ...fields('email'), test_clock: onClock },
  payment_method: fields('customer'),
  setup_intent: fields('customer'),
  price: fields('product', 'lookup_key'),
  subscription: { ...fields('customer'), test_clock: onClock, awaited: awaitedSubscription },
  subscription_item: fields('subscription'),
  invoice: {
    ...fields('customer'),
    subscription: own<Invoice>(({ parent }) => parent?.subscription_details?.subscription),
    awaited: awaitedInvoice,
    page: own<Invoice>(({ hosted_page: page }) => page?.secret),
  },
  'v2.billing.meter_event_session': fields('token'),
  invoiceitem: fields('customer', 'invoice'),
  invoice_payment: {
    ...fields('invoice'),
    payment_intent: ({ payment }) =>
      (payment as { payment_intent?: string } | undefined)?.payment_intent,
  },
  payment_intent: fields('customer'),
  charge: fields('customer', 'payment_intent', 'transfer_group'),
  refund: fields('charge', 'payment_intent'),
  dispute: fields('charge', 'payment_intent'),
  transfer: fields('destination', 'transfer_group', 'source_transaction'),
  transfer_reversal: fields('transfer'),
  application_fee: fields('charge'),
  fee_refund: fields('fee'),
  bank_account: { ...fields('account'), owner: ofOwner },
  balance_transaction: {
    ...fields('source'),
    owner: ofOwner,
  },
  payout: {
    underway: own<Payout>(({ status }) =>
      status === 'pending' || status === 'in_transit' ? 'underway' : undefined,
    ),
  },
  'billing.credit_grant': { ...fields('customer'), test_clock: onClock },
  'billing.credit_balance_transaction': {
    ...fields('credit_grant'),
    applied: ({ debit }) =>
      (debit as { credits_applied?: { invoice: string } | null } | null)?.credits_applied?.invoice,
  },
  customer_balance_transaction: fields('customer'),
  'billing_portal.session': fields('secret'),
  'checkout.session': fields('customer', 'subscription', 'status'),
  delivery: {
    ...fields('event', 'heldBy'),
    pending: own<Delivery>(({ status }) => (status === 'pending' ? status : undefined)),
    // Only those that keep a draft from its end.
    announcing: own<Delivery>(({ status, isExtra, eventType, subject }) =>
      status === 'pending' && !isExtra && eventType === 'invoice.created' ? subject : undefined,
    ),
  },
  event: fields('about'),
  promotion_code: { code: own<PromotionCode>(({ code }) => code.toLowerCase()) },
  meter_error: {
    unreported: own<MeterError>(({ report }) => (report === null ? 'unreported' : undefined)),
  },
};
