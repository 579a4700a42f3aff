/** Every kind of object that the sandbox remembers, with its type. */
import type {
  Customer,
  Invoice,
  PaymentMethod,
  Price,
  StripeObject,
  Subscription,
  SubscriptionItem,
  TestClock,
} from './objects';
import type { StripeEvent, WebhookEndpoint } from './objects-webhooks';
import type { Delivery } from './objects-own';
import type { Meter, Usage } from './objects-meter';
import type { InvoiceItem } from './objects-invoice-item';
import type { CreditGrant, CreditTransaction } from './objects-credit';
import type { Account } from './objects-connect';
import type {
  ApplicationFee,
  BalanceTransaction,
  BankAccount,
  Charge,
  Dispute,
  FeeRefund,
  PaymentIntent,
  Payout,
  Refund,
  Transfer,
  TransferReversal,
} from './objects-money';
import type { PortalConfiguration, PortalSession } from './objects-portal';
import type { CheckoutSession } from './objects-checkout';
import type { Coupon, Discount, PromotionCode } from './objects-discount';
import type { EventDestination, MeterError, MeterEventSession, ThinEvent } from './objects-v2';
import type { Chance, Fault, WebhookFault } from './objects-own';

export interface Kinds {
  customer: Customer;
  payment_method: PaymentMethod;
  product: StripeObject;
  price: Price;
  'billing.meter': Meter;
  'billing.meter_event': Usage;
  subscription: Subscription;
  subscription_item: SubscriptionItem;
  invoice: Invoice;
  invoiceitem: InvoiceItem;
  invoice_payment: StripeObject;
  payment_intent: PaymentIntent;
  charge: Charge;
  'test_helpers.test_clock': TestClock;
  event: StripeEvent;
  webhook_endpoint: WebhookEndpoint;
  delivery: Delivery;
  account: Account;
  account_capability: StripeObject;
  application_fee: ApplicationFee;
  fee_refund: FeeRefund;
  balance_transaction: BalanceTransaction;
  bank_account: BankAccount;
  'billing.credit_balance_transaction': CreditTransaction;
  'billing.credit_grant': CreditGrant;
  'billing.meter_event_adjustment': StripeObject;
  'billing_portal.configuration': PortalConfiguration;
  'billing_portal.session': PortalSession;
  'checkout.session': CheckoutSession;
  coupon: Coupon;
  customer_balance_transaction: StripeObject;
  discount: Discount;
  dispute: Dispute;
  payout: Payout;
  person: StripeObject;
  promotion_code: PromotionCode;
  refund: Refund;
  sandbox_settings: StripeObject;
  setup_intent: StripeObject;
  topup: StripeObject;
  transfer: Transfer;
  transfer_reversal: TransferReversal;
  idempotency_key: StripeObject;
  card_behaviour: StripeObject;
  failing_payment: StripeObject;
  meter_error: MeterError;
  fault: Fault;
  webhook_fault: WebhookFault;
  sandbox_chance: Chance;
  'v2.core.event_destination': EventDestination;
  'v2.core.event': ThinEvent;
  'v2.billing.meter_event_session': MeterEventSession;
}

export type Kind = keyof Kinds;
