/** A customer is made with all that belongs to it, shown, and refused what it can't be. */
import { readAuditEntries, verifyAuditChain } from '../../../src/db/audit-entries';
import { createClocks } from '../../../src/stripe/test-clocks';
import { startCustomerApi } from '../../support/api/customer-api';
import type { CustomerApi } from '../../support/api/customer-api';

let api: CustomerApi;
beforeAll(async () => {
  api = await startCustomerApi();
});
afterAll(() => api.close());
beforeEach(() => {
  api.started.length = 0;
  api.temporalIsDown = false;
});

test('a new customer has everything: row, Stripe customer with card, subscription, workflow', async () => {
  const created = await api.put('ann', { email: 'ann@example.com', name: 'Ann', plan: 'starter' });
  const { customers, subscriptions, cards } = await api.atStripe('ann');
  expect(created).toMatchObject({
    status: 201,
    customer: 'ann',
    email: 'ann@example.com',
    name: 'Ann',
    plan: 'starter',
    testClock: null,
    stripeCustomerId: customers[0]?.id,
    subscriptionId: subscriptions[0]?.id,
    features: ['api_access', 'usage_dashboard', 'email_support'],
    billingStatus: 'pending',
  });
  expect(customers[0]).toMatchObject({
    email: 'ann@example.com',
    name: 'Ann',
    invoice_settings: { default_payment_method: cards[0]?.id },
  });
  expect(subscriptions[0]).toMatchObject({
    status: 'active',
    // So that a proration is explained though its customer has a discount.
    billing_mode: { type: 'flexible', flexible: { proration_discounts: 'itemized' } },
    metadata: { tollkeeper_customer: 'ann', tollkeeper_plan: 'starter' },
  });
  const keys = subscriptions[0]?.items.data.map(({ price }) => price.lookup_key);
  expect(keys).toEqual([
    'tollkeeper_plan_starter',
    'tollkeeper_rate_overage_premium',
    'tollkeeper_rate_overage_standard',
  ]);
  expect(api.started).toEqual(['ann']);
  expect(await api.get('ann')).toEqual({ ...created, status: 200 });
});

test('asking again changes nothing, here or at Stripe', async () => {
  const body = { email: 'bob@example.com', plan: 'pro' };
  const created = await api.put('bob', body);
  const writes = api.proxy.writes.length;
  expect(await api.put('bob', body)).toEqual({ ...created, status: 200 });
  expect(await api.put('bob', { email: 'bob@example.com' })).toEqual({ ...created, status: 200 });
  expect(api.proxy.writes).toHaveLength(writes);
  const entries = await readAuditEntries(api.pool, 'bob');
  expect(entries.map(({ kind }) => kind)).toEqual(['customer_created', 'subscription_created']);
  expect(verifyAuditChain(entries)).toEqual({ intact: true });
  expect(JSON.stringify(entries)).not.toContain('example.com');
});

test('without a plan it is the catalog’s default, which has no base price', async () => {
  expect(await api.put('carl', { email: 'carl@example.com' })).toMatchObject({
    plan: 'pay_as_you_go',
  });
  const { subscriptions } = await api.atStripe('carl');
  expect(subscriptions[0]?.items.data.map(({ price }) => price.lookup_key)).toEqual([
    'tollkeeper_rate_payg_premium',
    'tollkeeper_rate_payg_standard',
  ]);
});

test('a changed e-mail or name is changed here and at Stripe; a name left out stays', async () => {
  await api.put('nora', { email: 'nora@example.com', name: 'Nora' });
  expect(await api.put('nora', { email: 'n@example.com' })).toMatchObject({ name: 'Nora' });
  expect((await api.atStripe('nora')).customers[0]).toMatchObject({
    email: 'n@example.com',
    name: 'Nora',
  });
  expect(await api.put('nora', { email: 'n@example.com', name: null })).toMatchObject({
    name: null,
  });
  expect((await api.atStripe('nora')).customers[0]?.name ?? '').toBe('');
});

describe('a customer on a test clock', () => {
  test('lives in the clock’s time, also at Stripe', async () => {
    const frozen = Date.UTC(2026, 0, 1) / 1000;
    const clock = await api.stripe.testHelpers.testClocks.create({ frozen_time: frozen });
    const body = { email: 'clock@example.com', plan: 'starter', testClock: clock.id };
    expect(await api.put('clocked', body)).toMatchObject({ status: 201, testClock: clock.id });
    const { subscriptions } = await api.atStripe('clocked', clock.id);
    expect(subscriptions[0]?.items.data[0]?.current_period_start).toBe(frozen);
    expect(await createClocks(api.stripe).now(clock.id)).toEqual(new Date('2026-01-01T00:00:00Z'));
  });

  test('can’t be moved to another clock, nor put on one later', async () => {
    await api.put('still', { email: 'still@example.com' });
    const answer = await api.put('still', { email: 'still@example.com', testClock: 'clock_1' });
    expect(answer).toMatchObject({ code: 'customer_conflict' });
    expect(answer.detail).toMatch(/is on no test clock/);
  });

  test('needs a clock that Stripe has, and leaves no trace otherwise', async () => {
    const body = { email: 'x@example.com', testClock: 'clock_nowhere' };
    expect(await api.put('ghost', body)).toMatchObject({ code: 'invalid_request' });
    expect(await api.get('ghost')).toMatchObject({ code: 'customer_not_found' });
  });
});

describe('is refused:', () => {
  test('what Stripe has deleted, for good', async () => {
    const { stripeCustomerId } = await api.put('gil', { email: 'gil@example.com' });
    await api.stripe.customers.del(String(stripeCustomerId));
    const answer = await api.put('gil', { email: 'g@example.com' });
    expect(answer).toMatchObject({ code: 'customer_deleted' });
  });

  test('another plan for a customer that has one, with the way to change it', async () => {
    await api.put('paul', { email: 'paul@example.com', plan: 'starter' });
    const answer = await api.put('paul', { email: 'paul@example.com', plan: 'pro' });
    expect(answer).toMatchObject({ code: 'customer_conflict' });
    expect(answer.detail).toMatch(/never changes a plan/);
  });

  test('a plan that the catalog does not have, naming those it has', async () => {
    const answer = await api.put('quin', { email: 'quin@example.com', plan: 'gold' });
    expect(answer).toMatchObject({ code: 'plan_not_found' });
    expect(answer.detail).toMatch(/pay_as_you_go, starter, pro, enterprise/);
    expect(await api.get('quin')).toMatchObject({ code: 'customer_not_found' });
  });

  test.each<[string, string, unknown, RegExp]>([
    ['no e-mail', 'rita', {}, /email/],
    ['an e-mail that is none', 'rita', { email: 'rita' }, /email/],
    ['a field that does not exist', 'rita', { email: 'r@example.com', plam: 'pro' }, /plam/],
    ['an id with a space', 'a%20b', { email: 'r@example.com' }, /expected 1 to 200 letters/],
    ['an id that is too long', 'x'.repeat(201), { email: 'r@example.com' }, /expected 1 to 200/],
  ])('%s', async (_case, customer, body, reason) => {
    const answer = await api.put(customer, body);
    expect(answer).toMatchObject({ code: 'invalid_request' });
    expect(answer.detail).toMatch(reason);
  });
});
