/** What invoices are charged to: the subscription's own default, else the customer's. */
import type Stripe from 'stripe';
import { unlessGone } from './errors';

export async function cardOnFile(
  stripe: Stripe,
  of: { readonly stripeCustomerId: string; readonly subscriptionId: string | null },
): Promise<Stripe.PaymentMethod | null> {
  const { stripeCustomerId, subscriptionId } = of;
  const subscription =
    subscriptionId === null
      ? undefined
      : await unlessGone(() =>
          stripe.subscriptions.retrieve(subscriptionId, { expand: ['default_payment_method'] }),
        );
  const own = asMethod(
    subscription?.ended_at === null ? subscription.default_payment_method : null,
  );
  if (own) return own;
  const customer = await unlessGone(() =>
    stripe.customers.retrieve(stripeCustomerId, {
      expand: ['invoice_settings.default_payment_method'],
    }),
  );
  if (!customer || customer.deleted) return null;
  return asMethod(customer.invoice_settings.default_payment_method);
}

const asMethod = (method: string | Stripe.PaymentMethod | null): Stripe.PaymentMethod | null =>
  typeof method === 'object' ? method : null;
