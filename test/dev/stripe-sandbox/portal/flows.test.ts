/** A visit to the portal that is for one thing: what its page shows, does, and leads to. */
import type Stripe from 'stripe';
import { ASKS, DECLINES } from '../../../support/sandbox/upgrader';
import { CARD, openShop, pageAt, postAt, subscriber } from '../../../support/sandbox/portal-visits';
import type { Shop } from '../../../support/sandbox/portal-visits';
import { advance, START, startStand } from '../../../support/sandbox/stand';
import type { Stand } from '../../../support/sandbox/stand';

const BACK = 'https://example.com/account';
type Flow = Stripe.BillingPortal.SessionCreateParams.FlowData;

let stand: Stand;
let stripe: Stripe;
let shop: Shop;
beforeEach(async () => {
  stand = await startStand({ draftPauseMs: 0 });
  stripe = stand.stripe;
  shop = await openShop(stripe);
});
afterEach(() => stand.close());

const visit = async (customer: string, flow: Flow, configuration?: string) =>
  stripe.billingPortal.sessions.create({
    ...{ customer, return_url: BACK, flow_data: flow },
    ...(configuration !== undefined && { configuration }),
  });

const typesOf = async (id: string) =>
  (await stripe.events.list({ limit: 100 })).data
    .filter(({ data }) => {
      const about = data.object as { id?: string; customer?: string };
      return about.id === id || about.customer === id;
    })
    .map(({ type }) => type);

const cardOf = async (customer: string) => {
  const { invoice_settings: settings } = (await stripe.customers.retrieve(customer, {
    expand: ['invoice_settings.default_payment_method'],
  })) as Stripe.Customer;
  return (settings.default_payment_method as Stripe.PaymentMethod).card?.last4;
};

test('a card is put in, becomes the default, and the browser goes back at once', async () => {
  const { customer } = await subscriber(stripe, shop.basic);
  const after = { type: 'redirect' as const, redirect: { return_url: `${BACK}?done` } };
  const { url, flow } = await visit(customer.id, {
    type: 'payment_method_update',
    after_completion: after,
  });
  expect(flow).toMatchObject({ type: 'payment_method_update', after_completion: after });
  expect(await pageAt(url)).not.toContain('Invoices');
  expect(await postAt(url, 'card', { ...CARD, number: '4000000000000002' })).toContain(
    'wrong=Your card was declined',
  );
  expect(await cardOf(customer.id)).toBe('4242');
  await postAt(url, 'card', { ...CARD, number: '5555 5555 5555 4444' });
  expect(await cardOf(customer.id)).toBe('4444');
  expect(await pageAt(url)).toContain(`content="0;url=${BACK}?done"`);
  expect(await typesOf(customer.id)).toEqual(
    expect.arrayContaining([
      'setup_intent.succeeded',
      'payment_method.attached',
      'customer.updated',
    ]),
  );
});

test('the bank is asked about a card, and what it answers decides', async () => {
  const { customer } = await subscriber(stripe, shop.basic);
  const { url } = await visit(customer.id, {
    type: 'payment_method_update',
    after_completion: {
      type: 'hosted_confirmation',
      hosted_confirmation: { custom_message: 'Hi' },
    },
  });
  const typed = { ...CARD, number: '4000002760003184' };
  for (const [outcome, last4] of [
    ['fail', '4242'],
    ['succeed', '3184'],
  ] as const) {
    expect(await postAt(url, 'card', typed)).toMatch(/\/challenge$/);
    expect(await pageAt(`${url}/challenge`)).toContain('Your bank asks');
    await postAt(url, 'answer', { outcome });
    expect(await cardOf(customer.id)).toBe(last4);
  }
  const done = await pageAt(url);
  expect(done).toContain('Hi');
  expect(done).not.toContain('Card number');
});

test('a subscription is canceled at the end of its period, and the portal follows', async () => {
  const { clock, customer, subscription } = await subscriber(stripe, shop.basic);
  const { url } = await visit(customer.id, {
    type: 'subscription_cancel',
    subscription_cancel: { subscription: subscription.id },
  });
  expect(await pageAt(url)).toContain('If you cancel, it ends <time datetime="2026-02-15');
  await postAt(url, 'cancel', { subscription: subscription.id });
  const end = Number(subscription.items.data[0]?.current_period_end);
  // The portal sets a time, as github.com/stripe/stripe-node/issues/2470 shows.
  const canceled = await stripe.subscriptions.retrieve(subscription.id);
  expect(canceled).toMatchObject({ cancel_at: end, cancel_at_period_end: false });
  expect(await pageAt(url)).toContain('Keep the subscription');
  await advance(stripe, clock.id, end + 7200);
  expect(await stripe.subscriptions.retrieve(subscription.id)).toMatchObject({
    ...{ status: 'canceled', ended_at: end },
  });
  expect((await stripe.invoices.list({ subscription: subscription.id })).data).toHaveLength(1);
  expect(await typesOf(subscription.id)).toContain('customer.subscription.updated');
});

test('who stays for an offer has its coupon, and goes on', async () => {
  const { customer, subscription } = await subscriber(stripe, shop.basic);
  const { id: coupon } = await stripe.coupons.create({ percent_off: 50, duration: 'forever' });
  const { url } = await visit(customer.id, {
    type: 'subscription_cancel',
    subscription_cancel: {
      subscription: subscription.id,
      retention: { type: 'coupon_offer', coupon_offer: { coupon } },
    },
  });
  expect(await pageAt(url)).toContain('50% off');
  await postAt(url, 'stay', { subscription: subscription.id });
  const kept = await stripe.subscriptions.retrieve(subscription.id, { expand: ['discounts'] });
  expect(kept).toMatchObject({ cancel_at: null, discounts: [{ source: { coupon } }] });
});

test('a plan is chosen, its price shown before it is confirmed, and paid', async () => {
  const { clock, customer, subscription } = await subscriber(stripe, shop.basic);
  // Half of the 31 days are left.
  await advance(stripe, clock.id, START + 15.5 * 86_400);
  const { url } = await visit(
    customer.id,
    {
      type: 'subscription_update',
      subscription_update: { subscription: subscription.id },
    },
    await shop.configuration(),
  );
  expect(await pageAt(url)).toContain('Pro, 40.00 USD a month');
  const confirmation = await pageAt(`${url}?price=${shop.pro}`);
  expect(confirmation).toContain('Due today');
  expect(confirmation).toMatch(/id="due">15\.00 USD/);
  await postAt(url, 'update', { subscription: subscription.id, price: shop.pro });
  const changed = await stripe.subscriptions.retrieve(subscription.id, {
    expand: ['latest_invoice'],
  });
  expect(changed.items.data[0]?.price.id).toBe(shop.pro);
  expect(changed.latest_invoice).toMatchObject({ status: 'paid', total: 1500 });
});

test('a change that the app has chosen is confirmed with its code and what is due later', async () => {
  const { customer, subscription, item } = await subscriber(stripe, shop.basic);
  const { id: coupon } = await stripe.coupons.create({ percent_off: 25, duration: 'forever' });
  const { id: code } = await stripe.promotionCodes.create({
    ...{ code: 'MORE', promotion: { type: 'coupon', coupon } },
  });
  const confirm = {
    ...{ subscription: subscription.id, items: [{ id: item, price: shop.pro }] },
    discounts: [{ promotion_code: code }],
  };
  const flow = {
    type: 'subscription_update_confirm',
    subscription_update_confirm: confirm,
  } as const;
  const terms = await shop.configuration({ proration_behavior: 'none' });
  const { url } = await visit(customer.id, flow, terms);
  const shown = await pageAt(url);
  for (const text of [
    'MORE',
    '25% off',
    'Due <time datetime="2026-02-15',
    '30.00 USD',
    'Nothing is charged today',
  ])
    expect(shown).toContain(text);
  await postAt(url, 'update', { subscription: subscription.id, price: shop.pro });
  const changed = await stripe.subscriptions.retrieve(subscription.id, { expand: ['discounts'] });
  expect(changed).toMatchObject({
    ...{ items: { data: [{ price: { id: shop.pro } }] } },
    discounts: [{ promotion_code: code }],
  });
});

test.each([
  ['declined', DECLINES, 'Your card was declined'],
  ['asked about by the bank', ASKS, 'authenti'],
])('a change whose payment is %s leaves the plan as it was', async (_what, card, told) => {
  const { customer, subscription, item } = await subscriber(stripe, shop.basic);
  const method = await stripe.paymentMethods.attach(card, { customer: customer.id });
  await stripe.customers.update(customer.id, {
    invoice_settings: { default_payment_method: method.id },
  });
  const confirm = { subscription: subscription.id, items: [{ id: item, price: shop.pro }] };
  const flow = {
    type: 'subscription_update_confirm',
    subscription_update_confirm: confirm,
  } as const;
  const { url } = await visit(customer.id, flow, await shop.configuration());
  expect(await postAt(url, 'update', { subscription: subscription.id, price: shop.pro })).toContain(
    told,
  );
  const { items } = await stripe.subscriptions.retrieve(subscription.id);
  expect(items.data[0]?.price.id).toBe(shop.basic);
  expect(await pageAt(url)).toContain('Confirm your update');
});

test('the portal’s own page changes the plan, too, where the configuration lets it', async () => {
  const { customer, subscription } = await subscriber(stripe, shop.basic);
  const { url } = await stripe.billingPortal.sessions.create({
    customer: customer.id,
    configuration: await shop.configuration(),
  });
  expect(await pageAt(url)).toContain(`/update?subscription=${subscription.id}`);
  await postAt(url, 'update', { subscription: subscription.id, price: shop.pro });
  const { items } = await stripe.subscriptions.retrieve(subscription.id);
  expect(items.data[0]?.price.id).toBe(shop.pro);
});
