/**
 * Stripe's Checkout: sessions in which a customer subscribes, or leaves a card; and the
 * subscription that came of one, found without any webhook.
 */
import type Stripe from 'stripe';
import { findPlan } from '../core/plans/catalog';
import type { Catalog } from '../core/plans/catalog';
import {
  CATALOG_METADATA_KEY,
  CHECKOUT_METADATA_KEY,
  CUSTOMER_METADATA_KEY,
  PLAN_METADATA_KEY,
} from '../core/ids';
import { versionOf } from './catalog-version';
import { assertObject } from './client';
import type { VendorTerms } from './customer-setup';
import { classifyStripeError } from './errors';
import { idOf } from './id-of';
import { startPriceIds } from './prices';

export interface CheckoutRequest {
  readonly customer: string;
  readonly stripeCustomerId: string;
  readonly successUrl: string;
  readonly cancelUrl: string;
  readonly idempotencyKey: string;
}

export interface Sale {
  readonly plan: string;
  readonly trialDays: number | null;
  readonly promotionCodes: boolean;
  readonly vendor: VendorTerms | null;
}

/** The subscription will be such as `createPlanSubscription` makes. */
export async function openSale(
  stripe: Stripe,
  catalog: Catalog,
  request: CheckoutRequest,
  { plan, trialDays, promotionCodes, vendor }: Sale,
): Promise<Stripe.Checkout.Session> {
  const [first, ...others] = await startPriceIds(stripe, catalog, plan);
  const hasBase = findPlan(catalog, plan).monthlyPriceCents > 0;
  const metadata = {
    [CUSTOMER_METADATA_KEY]: request.customer,
    [PLAN_METADATA_KEY]: plan,
    [CATALOG_METADATA_KEY]: versionOf(catalog),
    [CHECKOUT_METADATA_KEY]: 'subscription',
  };
  return open(stripe, request, {
    mode: 'subscription',
    // Metered prices take no quantity.
    line_items: [
      { price: first, ...(hasBase && { quantity: 1 }) },
      ...others.map((price) => ({ price })),
    ],
    subscription_data: {
      billing_mode: { type: 'flexible', flexible: { proration_discounts: 'itemized' } },
      ...(trialDays !== null && { trial_period_days: trialDays }),
      ...(vendor && {
        application_fee_percent: Number(vendor.feePercent),
        transfer_data: { destination: vendor.destination },
      }),
      metadata,
    },
    ...(promotionCodes && { allow_promotion_codes: true }),
    metadata,
  });
}

/** A card for a subscription that is there. */
export function openCardSetup(
  stripe: Stripe,
  { currency }: Catalog,
  request: CheckoutRequest,
): Promise<Stripe.Checkout.Session> {
  const metadata = {
    [CUSTOMER_METADATA_KEY]: request.customer,
    [CHECKOUT_METADATA_KEY]: 'setup',
  };
  return open(stripe, request, { mode: 'setup', currency, metadata });
}

async function open(
  stripe: Stripe,
  request: CheckoutRequest,
  terms: Stripe.Checkout.SessionCreateParams,
): Promise<Stripe.Checkout.Session> {
  const session = await stripe.checkout.sessions.create(
    {
      ...terms,
      customer: request.stripeCustomerId,
      client_reference_id: clientReference(request.customer),
      success_url: request.successUrl,
      cancel_url: request.cancelUrl,
    },
    { idempotencyKey: request.idempotencyKey },
  );
  assertObject(session, 'checkout.session');
  return session;
}

/** Stripe takes 200 characters of it. */
const clientReference = (customer: string): string => customer.slice(0, 200);

/** Sessions in which the customer may still pay. */
export async function openSessions(stripe: Stripe, stripeCustomerId: string): Promise<string[]> {
  const { data } = await stripe.checkout.sessions.list({
    customer: stripeCustomerId,
    status: 'open',
    limit: 100,
  });
  return data.map(({ id }) => id);
}

/** It may be complete or expired meanwhile. */
export async function expireSession(stripe: Stripe, id: string): Promise<void> {
  try {
    await stripe.checkout.sessions.expire(id);
  } catch (error) {
    if ((await stripe.checkout.sessions.retrieve(id)).status === 'open') throw error;
  }
}

const ENDED: readonly string[] = ['canceled', 'incomplete_expired'];

/**
 * What Checkout has made for this customer, the first first. One whose first payment was never
 * there counts only where its session is complete: then the bank still takes its time.
 */
export async function checkoutSubscription(
  stripe: Stripe,
  { customer, stripeCustomerId }: { customer: string; stripeCustomerId: string },
): Promise<Stripe.Subscription | undefined> {
  const ours = (await subscriptionsOf(stripe, stripeCustomerId))
    .filter(({ metadata }) => metadata[CUSTOMER_METADATA_KEY] === customer)
    .filter(({ status }) => !ENDED.includes(status))
    .sort((a, b) => a.created - b.created || (a.id < b.id ? -1 : 1));
  const paid = ours.find(({ status }) => status !== 'incomplete');
  if (paid || ours.length === 0) return paid;
  const complete = await stripe.checkout.sessions.list({
    customer: stripeCustomerId,
    status: 'complete',
    limit: 100,
  });
  const soldIds = complete.data.map(({ subscription }) => subscription && idOf(subscription));
  return ours.find(({ id }) => soldIds.includes(id));
}

/** A customer who was deleted has none. */
async function subscriptionsOf(stripe: Stripe, customer: string): Promise<Stripe.Subscription[]> {
  try {
    return (await stripe.subscriptions.list({ customer, limit: 100 })).data;
  } catch (error) {
    if (classifyStripeError(error)?.type === 'stripe_resource_missing') return [];
    throw error;
  }
}
