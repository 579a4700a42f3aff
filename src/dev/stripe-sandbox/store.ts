/** Everything the sandbox remembers, in memory; tells a journal which objects changed. */
import type {
  Customer,
  Delivery,
  Invoice,
  PaymentMethod,
  Price,
  StripeEvent,
  StripeObject,
  Subscription,
  SubscriptionItem,
  TestClock,
  WebhookEndpoint,
} from './objects';
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
import type { EventDestination, MeterError, ThinEvent } from './objects-v2';
import type { Chance, Fault, WebhookFault } from './objects-own';
import { createUsageIndex } from './usage-index';

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
  customer_balance_transaction: StripeObject;
  dispute: Dispute;
  payout: Payout;
  person: StripeObject;
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
}

export type Kind = keyof Kinds;

export interface Change {
  kind: Kind;
  id: string;
  value: StripeObject | null;
}

export interface Store {
  get<K extends Kind>(kind: K, id: string): Kinds[K] | undefined;
  /** They come in the order of creation. */
  all<K extends Kind>(kind: K): Kinds[K][];
  put<K extends Kind>(kind: K, value: Kinds[K]): Kinds[K];
  remove(kind: Kind, id: string): void;
  /** Any object by its id, for `expand`. */
  find(id: string): StripeObject | undefined;
  /** The usage of one customer on one meter: the only look-up that must not scan. */
  usage(meter: string, customer: string): readonly Usage[];
  usageByIdentifier(identifier: string): Usage | undefined;
  /** Identifiers of what was received before then can be used anew. */
  forgetIdentifiers(receivedBeforeMs: number): void;
  subscriptionItems(subscription: string): SubscriptionItem[];
  takeChanges(): Change[];
  everything(): Change[];
  load(changes: Iterable<Change>): void;
  clear(): void;
}

/** The sandbox's own notes; Stripe has no such objects. */
const UNFINDABLE: ReadonlySet<string> = new Set([
  'idempotency_key',
  'card_behaviour',
  'delivery',
  'failing_payment',
  'fault',
  'meter_error',
  'sandbox_chance',
  'sandbox_settings',
  'webhook_fault',
]);

type Objects = Map<Kind, Map<string, StripeObject>>;

export function createStore(): Store {
  const kinds: Objects = new Map();
  const dirtyKeys = new Map<string, { kind: Kind; id: string }>();
  const usage = createUsageIndex();

  function put(kind: Kind, value: StripeObject): void {
    const isNew = !objectsOf(kinds, kind).has(value.id);
    objectsOf(kinds, kind).set(value.id, value);
    if (isNew && kind === 'billing.meter_event') usage.add(value as Usage);
  }
  return {
    get: (kind, id) => objectsOf(kinds, kind).get(id) as never,
    all: (kind) => [...objectsOf(kinds, kind).values()] as never,
    put: (kind, value) => {
      put(kind, value);
      dirtyKeys.set(`${kind}:${value.id}`, { kind, id: value.id });
      return value;
    },
    remove: (kind, id) => {
      objectsOf(kinds, kind).delete(id);
      dirtyKeys.set(`${kind}:${id}`, { kind, id });
    },
    find: (id) => findObject(kinds, id),
    usage: usage.of,
    usageByIdentifier: usage.byIdentifier,
    forgetIdentifiers: usage.forgetIdentifiers,
    subscriptionItems: (subscription) =>
      ([...objectsOf(kinds, 'subscription_item').values()] as SubscriptionItem[]).filter(
        (item) => item.subscription === subscription,
      ),
    takeChanges: () => {
      const changes = [...dirtyKeys.values()].map(({ kind, id }) => ({
        ...{ kind, id },
        value: objectsOf(kinds, kind).get(id) ?? null,
      }));
      dirtyKeys.clear();
      return changes;
    },
    everything: () => everythingOf(kinds),
    load: (changes) => {
      for (const { kind, id, value } of changes) {
        if (value === null) objectsOf(kinds, kind).delete(id);
        else put(kind, value);
      }
    },
    clear: () => {
      for (const { kind, id } of everythingOf(kinds)) dirtyKeys.set(`${kind}:${id}`, { kind, id });
      kinds.clear();
      usage.clear();
    },
  };
}

function objectsOf(kinds: Objects, kind: Kind): Map<string, StripeObject> {
  const objectsOfKind = kinds.get(kind);
  if (objectsOfKind) return objectsOfKind;
  const newObjects = new Map<string, StripeObject>();
  kinds.set(kind, newObjects);
  return newObjects;
}

function findObject(kinds: Objects, id: string): StripeObject | undefined {
  for (const [kind, objects] of kinds) {
    const object = UNFINDABLE.has(kind) ? undefined : objects.get(id);
    if (object) return object;
  }
  return undefined;
}

const everythingOf = (kinds: Objects): Change[] =>
  [...kinds].flatMap(([kind, objects]) => [...objects].map(([id, value]) => ({ kind, id, value })));
