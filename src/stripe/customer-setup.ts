/**
 * A customer at Stripe, step by step: the customer, a test payment method, the subscription. Each
 * step may be repeated at any time and then finds what it made before.
 */
import type Stripe from 'stripe';
import type { Catalog } from '../core/plans/catalog';
import {
  CATALOG_METADATA_KEY,
  CUSTOMER_METADATA_KEY,
  PLAN_METADATA_KEY,
  attachPaymentMethodKey,
  createCustomerKey,
  createSubscriptionKey,
} from '../core/ids';
import { versionOf } from './catalog-version';
import { assertObject } from './client';
import { createOnce } from './create-once';
import { setDefaultCard } from './payment-method';
import { startPriceIds } from './prices';

const TEST_CARD = 'pm_card_visa';
/** Our clock, by which `firstTriedAt` is, may differ so much from Stripe's. */
const CLOCK_SKEW_SECONDS = 300;
/** A look-up past this many customers would take minutes: rather fail, and be looked at. */
const CUSTOMERS_SEARCHED_MAX = 20_000;

export interface CustomerAtStripe {
  readonly customer: string;
  readonly email: string;
  readonly name: string | null;
  readonly plan: string;
  readonly testClock: string | null;
  readonly trialDays: number | null;
  /** The customer was first asked for then. */
  readonly firstTriedAt: Date;
  readonly now: Date;
  /** The request that makes the subscription has made the customer. Absent: it has not. */
  readonly isNew?: boolean;
  /** Names the subscription's making. Absent: it is the customer's first. */
  readonly key?: string;
}

/**
 * Step 1. Without e-mail and name, which may change from one try to the next: the same key with
 * other parameters would be refused. `describeStripeCustomer` adds them.
 */
export async function createStripeCustomer(
  stripe: Stripe,
  request: CustomerAtStripe,
): Promise<string> {
  const { customer, testClock } = request;
  const stripeCustomer = await createOnce({
    ...request,
    idempotencyKey: createCustomerKey(customer),
    find: () => findStripeCustomer(stripe, request),
    create: (options) =>
      stripe.customers.create(
        {
          metadata: { [CUSTOMER_METADATA_KEY]: customer },
          ...(testClock !== null && { test_clock: testClock }),
        },
        options,
      ),
  });
  assertObject(stripeCustomer, 'customer');
  return stripeCustomer.id;
}

/** Step 2, and whenever they change. Repeating it is harmless, so it has no key. */
export async function describeStripeCustomer(
  stripe: Stripe,
  stripeCustomerId: string,
  contact: { readonly email: string; readonly name: string | null },
): Promise<void> {
  await stripe.customers.update(stripeCustomerId, {
    email: contact.email,
    name: contact.name ?? '',
  });
}

/** Step 3, with a test key only: a card that always pays, as the customer's default. */
export async function attachTestCard(
  stripe: Stripe,
  stripeCustomerId: string,
  request: CustomerAtStripe,
): Promise<void> {
  const paymentMethod = await createOnce({
    ...request,
    idempotencyKey: attachPaymentMethodKey(request.customer),
    find: async () =>
      (await stripe.paymentMethods.list({ customer: stripeCustomerId, limit: 1 })).data[0] ?? null,
    create: (options) =>
      stripe.paymentMethods.attach(TEST_CARD, { customer: stripeCustomerId }, options),
  });
  assertObject(paymentMethod, 'payment_method');
  await setDefaultCard(stripe, paymentMethod.id, { ...request, stripeCustomerId });
}

/**
 * A vendor's own plan has these: of each invoice Stripe sends the vendor all but our percentage.
 */
export interface VendorTerms {
  readonly feePercent: string;
  /** The vendor's account. */
  readonly destination: string;
}

export interface StartTerms {
  readonly vendor?: VendorTerms | null;
  /** There is no card yet: the first payment waits until the customer's side confirms it. */
  readonly isPaidLater?: boolean;
}

/** Step 4 puts the plan's base price and its own rates' prices into one subscription. */
export async function createPlanSubscription(
  stripe: Stripe,
  catalog: Catalog,
  stripeCustomerId: string,
  request: CustomerAtStripe,
  { vendor = null, isPaidLater = false }: StartTerms = {},
): Promise<Stripe.Subscription> {
  const { customer, plan, trialDays } = request;
  const priceIds = await startPriceIds(stripe, catalog, plan);
  const subscription = await createOnce({
    ...request,
    // The same key with other terms is refused.
    idempotencyKey: `${request.key ?? createSubscriptionKey(customer)}${isPaidLater ? ':later' : ''}`,
    find: () => findSubscription(stripe, stripeCustomerId, customer),
    create: (options) =>
      stripe.subscriptions.create(
        {
          customer: stripeCustomerId,
          items: priceIds.map((price) => ({ price })),
          // Prorations show amounts before discounts, as all other lines do.
          billing_mode: { type: 'flexible', flexible: { proration_discounts: 'itemized' } },
          ...(trialDays !== null && { trial_period_days: trialDays }),
          ...(isPaidLater && {
            payment_behavior: 'default_incomplete',
            payment_settings: { save_default_payment_method: 'on_subscription' },
          }),
          ...(vendor && {
            application_fee_percent: Number(vendor.feePercent),
            transfer_data: { destination: vendor.destination },
          }),
          metadata: {
            [CUSTOMER_METADATA_KEY]: customer,
            [PLAN_METADATA_KEY]: plan,
            [CATALOG_METADATA_KEY]: versionOf(catalog),
          },
        },
        options,
      ),
  });
  assertObject(subscription, 'subscription');
  return subscription;
}

/** Lists rather than searches: Stripe's search may be a minute behind, which is when it matters. */
async function findStripeCustomer(
  stripe: Stripe,
  { customer, testClock, firstTriedAt }: CustomerAtStripe,
): Promise<Stripe.Customer | null> {
  const startSecond = Math.floor(firstTriedAt.getTime() / 1000) - CLOCK_SKEW_SECONDS;
  // A customer on a test clock is created in the clock's time, and only listed with the clock.
  const scope = testClock === null ? { created: { gte: startSecond } } : { test_clock: testClock };
  let searchedCount = 0;
  for await (const candidate of stripe.customers.list({ ...scope, limit: 100 })) {
    if (candidate.metadata[CUSTOMER_METADATA_KEY] === customer) return candidate;
    searchedCount += 1;
    if (searchedCount >= CUSTOMERS_SEARCHED_MAX) {
      throw new Error(
        `Customer ${customer} is not among the ${searchedCount} newest at Stripe: find it by ` +
          `metadata ${CUSTOMER_METADATA_KEY} and set customers.stripe_customer_id.`,
      );
    }
  }
  return null;
}

async function findSubscription(
  stripe: Stripe,
  stripeCustomerId: string,
  customer: string,
): Promise<Stripe.Subscription | null> {
  const { data } = await stripe.subscriptions.list({ customer: stripeCustomerId, limit: 100 });
  return data.find(({ metadata }) => metadata[CUSTOMER_METADATA_KEY] === customer) ?? null;
}
