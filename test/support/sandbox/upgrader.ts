/** Someone who upgrades within a period, with a card that pays or does not. */
import type Stripe from 'stripe';
import { advance, customerOnClock, meterAndPrices, START } from './stand';

export const HOUR = 3600;
export const DAY = 24 * HOUR;
export const DECLINES = 'pm_card_chargeCustomerFail';
export const ASKS = 'pm_card_threeDSecure2Required';

/** On 29.00 a month with usage at a cent; 99.00 is the dearer price. Ten days have gone by. */
export async function anUpgrader(
  stripe: Stripe,
  more: Partial<Stripe.SubscriptionCreateParams> = {},
) {
  const { clock, customer } = await customerOnClock(stripe);
  const terms = { eventName: 'tokens', baseCents: 2900, centsPerToken: '1' };
  const { items } = await meterAndPrices(stripe, terms);
  const dearer = await meterAndPrices(stripe, { eventName: 'other', baseCents: 9900 });
  const subscription = await stripe.subscriptions.create({ customer: customer.id, items, ...more });
  const base = subscription.items.data[0]?.id;
  const to = (time: number) => advance(stripe, clock.id, time);
  await to(START + 10 * DAY);
  return {
    id: subscription.id,
    customer: customer.id,
    to,
    upgrade: (
      payment: Stripe.SubscriptionUpdateParams.PaymentBehavior,
      price = dearer.items[0]?.price,
    ) =>
      stripe.subscriptions.update(subscription.id, {
        items: [{ id: base, price }],
        proration_behavior: 'always_invoice',
        payment_behavior: payment,
      }),
    cheap: items[0]?.price,
    dear: dearer.items[0]?.price,
  };
}

export async function payWith(stripe: Stripe, customer: string, card: string): Promise<string> {
  const { id } = await stripe.paymentMethods.attach(card, { customer });
  await stripe.customers.update(customer, { invoice_settings: { default_payment_method: id } });
  return id;
}

export const priceOf = ({ items }: Stripe.Subscription) => items.data[0]?.price.id;
export const latestOf = async (stripe: Stripe, { latest_invoice: id }: Stripe.Subscription) =>
  stripe.invoices.retrieve(String(id));
export const eventsOf = async (stripe: Stripe, type: string) =>
  (await stripe.events.list({ type, limit: 100 })).data;
export async function intentOf(stripe: Stripe, invoice: Stripe.Invoice): Promise<string> {
  const { data } = await stripe.invoicePayments.list({ invoice: invoice.id });
  return String(data[0]?.payment.payment_intent);
}
