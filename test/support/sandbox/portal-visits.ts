/** Visits to the sandbox's portal: two plans of one product each, a subscriber, and the forms. */
import type Stripe from 'stripe';
import { customerOnClock, START } from './stand';

export interface Shop {
  readonly basic: string;
  readonly pro: string;
  readonly configuration: (more?: object) => Promise<string>;
}

const priceAt = async (stripe: Stripe, name: string, cents: number) => {
  const { id: product } = await stripe.products.create({ name });
  const recurring = { interval: 'month' as const };
  const terms = { product, currency: 'usd', unit_amount: cents, recurring };
  return { product, price: (await stripe.prices.create(terms)).id };
};

/** Basic costs $10 a month, Pro $40; a configuration lets customers change between them. */
export async function openShop(stripe: Stripe): Promise<Shop> {
  const basic = await priceAt(stripe, 'Basic', 1000);
  const pro = await priceAt(stripe, 'Pro', 4000);
  const products = [basic, pro].map(({ product, price }) => ({ product, prices: [price] }));
  const configuration = async (more: object = {}) => {
    const { id } = await stripe.billingPortal.configurations.create({
      features: {
        payment_method_update: { enabled: true },
        subscription_cancel: { enabled: true },
        subscription_update: {
          ...{ enabled: true, products, proration_behavior: 'always_invoice' },
          default_allowed_updates: ['price', 'quantity', 'promotion_code'],
          ...more,
        },
      },
    });
    return id;
  };
  return { basic: basic.price, pro: pro.price, configuration };
}

export async function subscriber(stripe: Stripe, price: string, card = 'pm_card_visa') {
  const { clock, customer } = await customerOnClock(stripe, START, card);
  const items = [{ price }];
  const subscription = await stripe.subscriptions.create({ customer: customer.id, items });
  return { clock, customer, subscription, item: String(subscription.items.data[0]?.id) };
}

export const pageAt = async (url: string): Promise<string> => (await fetch(url)).text();

/** Where the form leads to, decoded: what was told is in it. */
export async function postAt(url: string, step: string, fields: Record<string, string> = {}) {
  const answer = await fetch(`${url}/${step}`, {
    method: 'POST',
    body: new URLSearchParams(fields),
    redirect: 'manual',
  });
  return decodeURIComponent(answer.headers.get('location') ?? '').replaceAll('+', ' ');
}

export const CARD = { expiry: '12 / 34', cvc: '123', name: 'Ada' };
