/** A vendor's own subscription: Stripe sends the vendor all but our percentage of each invoice. */
import { ApplicationFailure } from '@temporalio/common';
import { createStripeActivities } from '../../../activities';
import type { Catalog } from '../../../src/core/plans/catalog';
import { startVendorApi, withVendors } from '../../support/vendors/vendor-api';
import type { VendorApi } from '../../support/vendors/vendor-api';

/** Each costs $29.99 a month; Acme's bills usage at its own rate beyond 1,000 tokens. */
function withOwnPlans(catalog: Catalog): Catalog {
  const starter = catalog.plans.filter(({ id }) => id === 'starter');
  const own = (id: string, vendor: string, rates: string[]) =>
    starter.map((plan) => ({
      ...plan,
      ...{ id, vendor, rates, monthlyPriceCents: 2999, includedTokens: 1_000 },
      access: { ...plan.access, upgradeTo: null },
    }));
  const more = [...own('acme_pro', 'acme', ['acme_tokens']), ...own('idle_pro', 'idle', [])];
  return withVendors('idle')({ ...catalog, plans: [...catalog.plans, ...more] });
}

let api: VendorApi;
let account: string;
beforeAll(async () => {
  api = await startVendorApi(withOwnPlans);
  account = await api.readyVendor('acme');
});
afterAll(() => api.close());

const subscribe = (customer: string, plan: string) =>
  api.ask('PUT', `customers/${customer}`, { email: 'a@b.example', plan });

test('a customer on a vendor’s plan pays the vendor, and us our fee', async () => {
  const made = await subscribe('ann', 'acme_pro');
  expect(made).toMatchObject({ status: 201, plan: 'acme_pro' });
  const subscription = await api.stripe.subscriptions.retrieve(String(made.subscriptionId));
  expect(subscription).toMatchObject({
    application_fee_percent: 15,
    transfer_data: { destination: account },
  });
  expect(subscription.items.data.map(({ price }) => price.lookup_key)).toEqual([
    'tollkeeper_plan_acme_pro',
    'tollkeeper_rate_acme_tokens',
  ]);
  const { data } = await api.stripe.charges.list({ customer: String(made.stripeCustomerId) });
  // 15 % of $29.99 are 449.85 cents.
  expect(data).toMatchObject([
    { amount: 2999, application_fee_amount: 450, transfer_data: { destination: account } },
  ]);
});

test('a customer on a plan of ours pays nobody else', async () => {
  const made = await subscribe('bob', 'starter');
  const subscription = await api.stripe.subscriptions.retrieve(String(made.subscriptionId));
  expect(subscription).toMatchObject({ application_fee_percent: null, transfer_data: null });
});

test('a lost answer makes no second subscription', async () => {
  // Customer, contact, card, default card, subscription.
  api.proxy.loseWrite(5, 'answer');
  expect(await subscribe('lost', 'acme_pro')).toMatchObject({ code: 'stripe_error' });
  const { stripeCustomerId } = await subscribe('lost', 'acme_pro');
  const { data } = await api.stripe.subscriptions.list({ customer: String(stripeCustomerId) });
  expect(data).toMatchObject([{ application_fee_percent: 15 }]);
});

describe('is refused, and leaves no trace:', () => {
  test('a plan whose vendor has no account', async () => {
    const answer = await subscribe('cyd', 'idle_pro');
    expect(answer).toMatchObject({ status: 409, code: 'vendor_not_payable' });
    expect(answer.detail).toMatch(/idle may not receive money yet: it has no account at Stripe/);
    expect(await api.ask('GET', 'customers/cyd')).toMatchObject({ code: 'customer_not_found' });
  });

  test('a plan whose vendor is not onboarded, until it is', async () => {
    await api.put('idle', { email: 'idle@example.com' });
    const answer = await subscribe('dan', 'idle_pro');
    expect(answer).toMatchObject({ status: 409, code: 'vendor_not_payable' });
    expect(answer.requirementsDue).toContain('external_account');
    await api.readyVendor('idle');
    expect(await subscribe('dan', 'idle_pro')).toMatchObject({ status: 201, plan: 'idle_pro' });
  });

  test.each([
    ['from our plan to a vendor’s', 'bob', 'acme_pro'],
    ['from a vendor’s plan to ours', 'ann', 'starter'],
    ['from one vendor’s plan to another’s', 'ann', 'idle_pro'],
  ])('a change %s, because one invoice cannot pay both', async (_case, customer, plan) => {
    for (const preview of [true, false])
      expect(await api.ask('POST', `customers/${customer}/plan`, { plan, preview })).toMatchObject({
        status: 409,
        code: 'plan_change_not_possible',
      });
  });

  test('such a change by the workflow itself, and it is not tried again', async () => {
    const { changePlan } = createStripeActivities({
      ...{ pool: api.pool, stripe: api.stripe, catalog: api.catalog, now: Date.now },
      drainLedger: async () => 0,
      takeUsage: async () => [],
      signalStripeEvent: async () => undefined,
    });
    const { subscriptionId } = await api.ask('GET', 'customers/bob');
    const writes = api.proxy.writes.length;
    const failure = await changePlan({
      ...{ customer: 'bob', subscriptionId: String(subscriptionId), request: 'r', when: 'now' },
      ...{ fromPlan: 'starter', planId: 'acme_pro' },
    }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ApplicationFailure);
    expect(failure).toMatchObject({ type: 'plan_change_not_possible', nonRetryable: true });
    expect(api.proxy.writes).toHaveLength(writes);
  });
});
