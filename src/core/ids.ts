/**
 * Every id and idempotency key that we hand to another system is made here, each by one function.
 * The keys are deterministic: the same business fact always has the same key, so a retry of any
 * kind, by any process, at any time, is recognised as the same request.
 */

/** Our id of a customer, as every route takes it. */
export const CUSTOMER_ID = /^[A-Za-z0-9][A-Za-z0-9._:@+-]{0,199}$/;

export const billingWorkflowId = (customer: string): string => `billing:${customer}`;

/** Whose turn it is among the tasks of many customers. Temporal takes 64 bytes; ids are ASCII. */
export const fairnessKey = (customer: string): string => customer.slice(0, 64);

/**
 * The id of a usage event that came as a CloudEvent, which source and id name together. No two make
 * the same: the source has no space here.
 */
export const cloudEventUsageId = (source: string, id: string): string =>
  `${source.replaceAll('%', '%25').replaceAll(' ', '%20')} ${id}`;

/**
 * The id of a usage event that came as a span, however often and by whomever that is exported. Both
 * are hexadecimal digits.
 */
export const spanUsageId = (traceId: string, spanId: string): string => `span:${traceId}:${spanId}`;

/** Key of the audit entry about a usage event that was signalled and can't be taken. */
export const signalledUsageKey = (signal: string, index: number): string =>
  `signalled:${signal}:${index}`;

/** Stripe's `identifier` of a meter event: what counts it once. One number per report and rate. */
export const meterEventIdentifier = (report: {
  subscriptionId: string;
  periodStart: number;
  rateId: string;
  reportNumber: number;
}): string =>
  `${report.subscriptionId}:${report.periodStart}:${report.rateId}:${report.reportNumber}`;

/** The subscription that such an identifier names; undefined says that it is none of ours. */
export const subscriptionOfMeterEvent = (identifier: string): string | undefined =>
  /^(sub_[^:]+):\d+:.+:\d+$/.exec(identifier)?.[1];

export const createCustomerKey = (customer: string): string => `customer:${customer}:create`;
export const attachPaymentMethodKey = (customer: string): string => `customer:${customer}:payment`;
export const createSubscriptionKey = (customer: string): string =>
  `customer:${customer}:subscription`;

const FIRST_CARD = 'first-card:';
/** Stripe's event repeats it, and tells by that who has set the card. `once` is a new one. */
export const firstCardKey = (stripeCustomerId: string, once: string): string =>
  `${FIRST_CARD}${stripeCustomerId}:${once}`;
export const isFirstCardKey = (key: string): boolean => key.startsWith(FIRST_CARD);

/** Names the making of a Checkout session; `request` is the caller's own key, or a new one. */
export const createCheckoutKey = (customer: string, request: string): string =>
  `customer:${customer}:checkout:${request}`;
/** Names the giving back of what a second subscription of the same customer has charged. */
export const refundCheckoutKey = (subscriptionId: string, paymentIntentId: string): string =>
  `checkout:${subscriptionId}:${paymentIntentId}:refund`;
/** Names the making of the subscription that follows one that has ended. */
export const subscriptionAfterKey = (customer: string, formerId: string): string =>
  `customer:${customer}:subscription:after:${formerId}`;

/**
 * Names the making of a vendor's connected account: a refused country must not stand for another.
 */
export const createAccountKey = (vendor: string, country: string): string =>
  `vendor:${vendor}:account:${country}`;
/** Names the chain of a vendor's audit entries: it stands where a customer's id does. */
export const vendorAuditSubject = (vendor: string): string => `vendor:${vendor}`;
/** `since` tells when what is different now was last written (Unix milliseconds). */
export const vendorAccountChangeKey = (vendor: string, since: number): string =>
  `vendor:${vendor}:account:${since}`;

/** `source` is an invoice, or the charge of a one-off sale. */
export const payoutWorkflowId = (source: string): string => `payout:${source}`;

/** Names the making of a one-off sale, by the caller's own id of it. */
export const createSaleKey = (vendor: string, id: string): string => `vendor:${vendor}:sale:${id}`;
export const confirmSaleKey = (vendor: string, id: string, paymentMethodId: string): string =>
  `vendor:${vendor}:sale:${id}:confirm:${paymentMethodId}`;
export const saleAuditKey = (vendor: string, id: string, status: string): string =>
  `vendor:${vendor}:sale:${id}:${status}`;
export const saleTransferGroup = (vendor: string, id: string): string => `sale:${vendor}:${id}`;

/** Names a notification: the app has it as `webhook-id`, the mail as the root of its Message-ID. */
export const usageThresholdKey = (threshold: {
  customer: string;
  periodStart: number;
  percent: number;
}): string => `usage-threshold:${threshold.customer}:${threshold.periodStart}:${threshold.percent}`;

/** Names the n-th settlement of late usage of a period and rate, wherever it goes. */
export const lateSettlementKey = (settlement: {
  subscriptionId: string;
  periodStart: number;
  rateId: string;
  number: number;
}): string =>
  `late:${settlement.subscriptionId}:${settlement.periodStart}:${settlement.rateId}:` +
  `${settlement.number}`;

/** Subject of usage of one period that no invoice will have. */
export const uninvoicedSubject = (subscriptionId: string, periodStart: number): string =>
  `${subscriptionId}:${periodStart}`;

/** Names one line for late usage, or what is written off instead (`invoiceId` is then `none`). */
export const lateItemKey = (settlementKey: string, invoiceId: string): string =>
  `${settlementKey}:${invoiceId}`;

/** The rate of a line for late usage, from its key. */
export const rateOfLateItem = (key: string): string | undefined => key.split(':').at(-3);

/**
 * Names the n-th movement of a vendor's share of a charge; a refused one is tried under another.
 */
export const shareMovementKey = (movement: {
  vendor: string;
  chargeId: string;
  kind: 'transfer' | 'reversal';
  number: number;
  refusals: number;
}): string =>
  `payout:${movement.chargeId}:${movement.vendor}:${movement.kind}:${movement.number}` +
  (movement.refusals === 0 ? '' : `:${movement.refusals}`);

export const dunningWorkflowId = (invoiceId: string): string => `dunning:${invoiceId}`;

/** Names what a customer is told in the course of dunning; `what`: a day, or how it ended. */
export const dunningNoticeKey = (invoiceId: string, what: string): string =>
  `dunning:${invoiceId}:${what}`;

/** Names a change that an operator or an app asked for, by their own key. */
export const subscriptionChangeKey = (subscriptionId: string, request: string): string =>
  `subscription:${subscriptionId}:${request}`;

export const autoUpgradeRequest = (periodStart: number, planId: string): string =>
  `auto-upgrade:${periodStart}:${planId}`;

/** `lookup_key` of Stripe prices. */
export const planPriceLookupKey = (planId: string): string => `tollkeeper_plan_${planId}`;
export const ratePriceLookupKey = (rateId: string): string => `tollkeeper_rate_${rateId}`;
/** A product has the id of its current price's lookup key. null says that it is none of ours. */
export const planOfProduct = (productId: string): string | null =>
  /^tollkeeper_plan_(.+)$/.exec(productId)?.[1] ?? null;
export const rateOfProduct = (productId: string): string | null =>
  /^tollkeeper_rate_(.+)$/.exec(productId)?.[1] ?? null;
/** Stripe's meter event_name of a rate. */
export const meterEventName = (rateId: string): string => `tollkeeper_${rateId}`;

/** Id of a hint that no event of Stripe brought. `runAt` is in Unix seconds. */
export const reconciliationHintId = (runAt: number, objectId: string): string =>
  `reconciliation:${runAt}:${objectId}`;

/**
 * Metadata keys on Stripe's objects that lead back to ours: customers and subscriptions, prices.
 */
export const CUSTOMER_METADATA_KEY = 'tollkeeper_customer';
export const PLAN_METADATA_KEY = 'tollkeeper_plan';
export const RATE_METADATA_KEY = 'tollkeeper_rate';
/** Connected accounts have it, and so has what is sold for one vendor. */
export const VENDOR_METADATA_KEY = 'tollkeeper_vendor';
/** The payment of a one-off sale has the caller's own id of it. */
export const SALE_METADATA_KEY = 'tollkeeper_sale';
/** A subscription has the plan from the next period on, and the second that period begins. */
export const NEXT_PLAN_METADATA_KEY = 'tollkeeper_next_plan';
export const NEXT_PLAN_FROM_METADATA_KEY = 'tollkeeper_next_plan_from';
/** A subscription that Checkout made has it, and so has its session: what it was opened for. */
export const CHECKOUT_METADATA_KEY = 'tollkeeper_checkout';
/** The catalog version that a subscription's prices are of, now and from the next period on. */
export const CATALOG_METADATA_KEY = 'tollkeeper_catalog';
export const NEXT_CATALOG_METADATA_KEY = 'tollkeeper_next_catalog';
/** An invoice item for late usage has its key, by which the rest is told. */
export const LATE_ITEM_METADATA_KEY = 'tollkeeper_late_item';
/** The same item has the tokens that the line bills, which at Stripe is an amount. */
export const LATE_TOKENS_METADATA_KEY = 'tollkeeper_late_tokens';

/** A draft that we keep from being finalized says when that was decided, and when it would be. */
export const HOLD_METADATA_KEY = 'tollkeeper_hold';

/** A transfer or reversal of ours has its key, and the charge whose share it moves. */
export const MOVEMENT_METADATA_KEY = 'tollkeeper_movement';
export const CHARGE_METADATA_KEY = 'tollkeeper_charge';

/**
 * `at` is when it was decided, in Unix milliseconds. An invoice may be held, released and held
 * again.
 */
export const holdInvoiceKey = (invoiceId: string, at: number): string =>
  `invoice:${invoiceId}:hold:${at}`;
export const releaseInvoiceKey = (invoiceId: string, at: number): string =>
  `invoice:${invoiceId}:release:${at}`;

/** These keys name what a vendor was booked; what was moved has the id of Stripe. */
export const vendorShareKey = (vendor: string, chargeId: string): string =>
  `vendor:${vendor}:${chargeId}:share`;
export const vendorDueKey = (vendor: string, chargeId: string): string =>
  `vendor:${vendor}:${chargeId}:due`;
/** `number` counts the charge's changes by money that came back, and that returned. */
export const vendorMoneyBackKey = (
  vendor: string,
  charge: { chargeId: string; refundedCents: number; disputedCents: number },
  number: number,
): string =>
  `vendor:${vendor}:${charge.chargeId}:money_back:${charge.refundedCents}:` +
  `${charge.disputedCents}:${number}`;
/** Both sides of an offset have this key; `number` counts the offsets that the payout has had. */
export const vendorOffsetKey = (
  vendor: string,
  { debtChargeId, chargeId, number }: { debtChargeId: string; chargeId: string; number: number },
): string => `vendor:${vendor}:offset:${debtChargeId}:${chargeId}:${number}`;

/** The workflow that takes over a subscription which was there before us. */
export const importWorkflowId = (subscription: string): string => `import:${subscription}`;
/** Names a write of an import at Stripe, to a subscription or its price. */
export const importKey = (id: string, what: string): string => `import:${id}:${what}`;

/** The workflow that moves a plan's customers to a catalog version: there is one at a time. */
export const rolloutWorkflowId = (planId: string, version: string): string =>
  `rollout:${planId}:${version}`;
/** Names the chain of the audit entries about a plan's prices, as customers have theirs. */
export const catalogAuditSubject = (planId: string): string => `catalog:${planId}`;

interface RolloutId {
  readonly planId: string;
  readonly version: string;
  /** Unix milliseconds. */
  readonly startedAt: number;
}
const rolloutKey = ({ planId, version, startedAt }: RolloutId): string =>
  `${rolloutWorkflowId(planId, version)}:${startedAt}`;
export const rolloutEntryKey = (rollout: RolloutId, number: number): string =>
  `${rolloutKey(rollout)}:${number}`;
export const rolloutMovedKey = (rollout: RolloutId, customer: string): string =>
  `${rolloutKey(rollout)}:moved:${customer}`;
/**
 * Names the change that a customer's own workflow is asked for; once refused, it is asked for anew.
 */
export const rolloutChangeKey = (rollout: RolloutId, customer: string, attempt: number): string =>
  `${rolloutKey(rollout)}:${customer}:${attempt}`;
