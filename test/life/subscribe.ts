/** A customer with a clock, a card and a subscription, as PUT /v1/customers makes them. */
import { versionOf } from '../../src/stripe/catalog-version';
import { startPriceIds } from '../../src/stripe/prices';
import type { Stage } from './stage';

export interface Subscribing {
  readonly name: string;
  readonly plan: string;
  /** Unix seconds. */
  readonly start: number;
  readonly trialDays?: number;
  /** No card, and a trial that pauses for want of one. */
  readonly endsInPause?: boolean;
}

export async function subscribe({ stripe, catalog }: Stage, asked: Subscribing) {
  const { name, plan, start, trialDays, endsInPause = false } = asked;
  const clock = await stripe.testHelpers.testClocks.create({ frozen_time: start });
  const metadata = { tollkeeper_customer: name };
  const { id } = await stripe.customers.create({ test_clock: clock.id, metadata });
  if (!endsInPause) {
    const card = await stripe.paymentMethods.attach('pm_card_visa', { customer: id });
    await stripe.customers.update(id, { invoice_settings: { default_payment_method: card.id } });
  }
  const prices = await startPriceIds(stripe, catalog, plan);
  const subscription = await stripe.subscriptions.create({
    customer: id,
    items: prices.map((price) => ({ price })),
    billing_mode: { type: 'flexible' },
    metadata: { ...metadata, tollkeeper_plan: plan, tollkeeper_catalog: versionOf(catalog) },
    ...(trialDays !== undefined && { trial_period_days: trialDays }),
    ...(endsInPause && {
      trial_settings: { end_behavior: { missing_payment_method: 'pause' as const } },
    }),
  });
  return {
    ...{ name, stripeCustomerId: id, subscriptionId: subscription.id, clock: clock.id },
  };
}
