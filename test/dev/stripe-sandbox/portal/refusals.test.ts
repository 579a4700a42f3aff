/** What Stripe refuses of a flow and of a configuration, and by which words where we have them. */
import type Stripe from 'stripe';
import { openShop, subscriber } from '../../../support/sandbox/portal-visits';
import type { Shop } from '../../../support/sandbox/portal-visits';
import { meterAndPrices, refusal, startStand } from '../../../support/sandbox/stand';
import type { Stand } from '../../../support/sandbox/stand';

let stand: Stand;
let stripe: Stripe;
let shop: Shop;
let ada: Awaited<ReturnType<typeof subscriber>>;
beforeAll(async () => {
  stand = await startStand({ draftPauseMs: 0 });
  stripe = stand.stripe;
  shop = await openShop(stripe);
  ada = await subscriber(stripe, shop.basic);
});
afterAll(() => stand.close());

const session = async (flow: object, configuration?: string) =>
  refusal(
    stripe.billingPortal.sessions.create({
      customer: ada.customer.id,
      flow_data: flow as Stripe.BillingPortal.SessionCreateParams.FlowData,
      ...(configuration !== undefined && { configuration }),
    }),
  );
const cancel = (subscription: string) => ({
  ...{ type: 'subscription_cancel', subscription_cancel: { subscription } },
});
const update = (subscription: string) => ({
  ...{ type: 'subscription_update', subscription_update: { subscription } },
});
const confirm = (items: object[], subscription = ada.subscription.id) => ({
  type: 'subscription_update_confirm',
  subscription_update_confirm: { subscription, items },
});

test.each<[string, () => object, string]>([
  ['no type', () => ({ after_completion: { type: 'portal_homepage' } }), 'flow_data[type]'],
  ['a type of nobody’s', () => ({ type: 'subscription_pauses' }), 'flow_data[type]'],
  [
    'a cancellation of nothing',
    () => ({ type: 'subscription_cancel' }),
    'flow_data[subscription_cancel]',
  ],
  [
    'a cancellation within an update of the card',
    () => ({ ...cancel(ada.subscription.id), type: 'payment_method_update' }),
    'flow_data[subscription_cancel]',
  ],
  [
    'a subscription that is not there',
    () => cancel('sub_none'),
    'flow_data[subscription_cancel][subscription]',
  ],
  [
    'a redirect to nowhere',
    () => ({ type: 'payment_method_update', after_completion: { type: 'redirect' } }),
    'flow_data[after_completion][redirect]',
  ],
  [
    'an offer of no coupon of ours',
    () => ({
      type: 'subscription_cancel',
      subscription_cancel: {
        subscription: ada.subscription.id,
        retention: { type: 'coupon_offer', coupon_offer: { coupon: 'none' } },
      },
    }),
    'flow_data[subscription_cancel][retention][coupon_offer][coupon]',
  ],
])('%s is refused, by the name of the parameter', async (_what, flow, param) => {
  expect((await session(flow())).param).toBe(param);
});

test('the default configuration changes no plan, and Stripe says which feature is off', async () => {
  const words =
    'This subscription cannot be updated because the subscription update feature in the portal ' +
    'configuration is disabled.';
  expect((await session(update(ada.subscription.id))).message).toBe(words);
});

test('a configuration without a card form has no flow for cards', async () => {
  const { id } = await stripe.billingPortal.configurations.create({
    features: { invoice_history: { enabled: true } },
  });
  expect((await session({ type: 'payment_method_update' }, id)).message).toContain('disabled');
  expect((await session(cancel(ada.subscription.id), id)).message).toContain('disabled');
});

test('only a price of the configuration can be confirmed, and only a change', async () => {
  const configuration = await shop.configuration();
  const { product } = await stripe.prices.retrieve(shop.basic);
  const { id: other } = await stripe.prices.create({
    ...{
      product: String(product),
      currency: 'usd',
      unit_amount: 1,
      recurring: { interval: 'month' },
    },
  });
  const messageOf = async (item: object) => (await session(confirm([item]), configuration)).message;
  expect(await messageOf({ id: ada.item, price: other })).toBe(
    `The item \`${ada.item}\` cannot be updated to price \`${other}\` because the configuration ` +
      `\`${configuration}\` does not include the price in its ` +
      '`features[subscription_update][products]`.',
  );
  expect(await messageOf({ id: ada.item, price: shop.basic })).toContain(
    'there are no changes to confirm',
  );
  expect(await messageOf({ id: 'si_none', price: shop.pro })).toContain('has no item si_none');
});

test('a subscription with several items can be canceled, and not updated', async () => {
  const { items } = await meterAndPrices(stripe, {
    ...{ eventName: 'several', baseCents: 100, centsPerToken: '0.1' },
  });
  const several = await stripe.subscriptions.create({ customer: ada.customer.id, items });
  const configuration = await shop.configuration();
  expect((await session(update(several.id), configuration)).message).toContain('2 items');
  await stripe.billingPortal.sessions.create({
    ...{ customer: ada.customer.id, configuration },
    flow_data: { type: 'subscription_cancel', subscription_cancel: { subscription: several.id } },
  });
});

test('who is leaving already, or is somebody else’s, is not led to a cancellation', async () => {
  const bob = await subscriber(stripe, shop.basic);
  expect((await session(cancel(bob.subscription.id))).message).toContain('is not of the customer');
  await stripe.subscriptions.update(ada.subscription.id, { cancel_at_period_end: true });
  expect((await session(cancel(ada.subscription.id))).message).toBe(
    'The subscription is already set to be canceled at period end.',
  );
  await stripe.subscriptions.update(ada.subscription.id, { cancel_at_period_end: false });
});

test.each<[string, () => object, RegExp]>([
  [
    'updates without a card form',
    () => ({ subscription_update: { enabled: true } }),
    /^Cannot enable subscription updates while payment method update is disabled\.$/,
  ],
  [
    'updates to no product',
    () => ({ payment_method_update: { enabled: true }, subscription_update: { enabled: true } }),
    /features\[subscription_update\]\[products\]/,
  ],
  [
    'a credit for the rest of a period that is used up',
    () => ({ subscription_cancel: { enabled: true, proration_behavior: 'create_prorations' } }),
    /proration_behavior/,
  ],
])('a configuration with %s is refused', async (_what, features, message) => {
  const creation = stripe.billingPortal.configurations.create({
    features: features() as Stripe.BillingPortal.ConfigurationCreateParams.Features,
  });
  expect((await refusal(creation)).message).toMatch(message);
});

test('the products of a configuration are shown where they are expanded', async () => {
  const id = await shop.configuration();
  const plain = await stripe.billingPortal.configurations.retrieve(id);
  expect(plain.features.subscription_update.products).toBeUndefined();
  const { features } = await stripe.billingPortal.configurations.retrieve(id, {
    expand: ['features.subscription_update.products'],
  });
  expect(features.subscription_update.products?.map(({ prices }) => prices)).toEqual([
    [shop.basic],
    [shop.pro],
  ]);
});
