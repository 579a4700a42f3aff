/** Goal: PUT with a plan brings back whoever has left, once, and nobody who did not ask for it. */
import { readAuditEntries } from '../../../../src/db/audit-entries';
import { findCustomersOfSubscriptions } from '../../../../src/db/customers';
import { startCustomerApi } from '../../../support/api/customer-api';
import type { CustomerApi } from '../../../support/api/customer-api';

let api: CustomerApi;
beforeAll(async () => {
  api = await startCustomerApi();
});
afterAll(() => api.close());

const body = { email: 'eve@example.com', plan: 'starter' };

/** As the workflow records it once the subscription has ended. */
async function whoHasLeft(customer: string): Promise<string> {
  const { subscriptionId } = await api.put(customer, body);
  await api.stripe.subscriptions.cancel(String(subscriptionId));
  await api.pool.query(`update customers set billing_status = 'ended' where customer = $1`, [
    customer,
  ]);
  return String(subscriptionId);
}

test('a request with a plan begins another subscription under the same id', async () => {
  const formerId = await whoHasLeft('eve');
  const answer = await api.put('eve', { ...body, plan: 'pro' });
  expect(answer).toMatchObject({ status: 200, plan: 'pro', billingStatus: 'pending' });
  expect(answer.subscriptionId).not.toBe(formerId);
  const { subscriptions } = await api.atStripe('eve');
  expect(subscriptions.filter(({ status }) => status === 'active')).toHaveLength(1);
});

test('what Stripe still says of the earlier subscription leads to the customer', async () => {
  const formerId = await whoHasLeft('fay');
  const { subscriptionId } = await api.put('fay', body);
  const found = await findCustomersOfSubscriptions(api.pool, [formerId, String(subscriptionId)]);
  expect([...found.values()]).toEqual(['fay', 'fay']);
});

test('the audit trail says which subscription followed which', async () => {
  const formerId = await whoHasLeft('gus');
  const { subscriptionId } = await api.put('gus', body);
  const entries = await readAuditEntries(api.pool, 'gus');
  expect(entries.at(-1)).toMatchObject({
    kind: 'subscription_followed',
    detail: { formerSubscriptionId: formerId, subscriptionId, plan: 'starter', by: 'api' },
  });
});

test('a request without a plan changes name and e-mail, and brings nobody back', async () => {
  const formerId = await whoHasLeft('hal');
  const answer = await api.put('hal', { email: 'h@example.com' });
  expect(answer).toMatchObject({ status: 200, email: 'h@example.com', subscriptionId: formerId });
});

test('a subscription that lasts is left as it is, whatever our record says', async () => {
  const { subscriptionId } = await api.put('ida', body);
  await api.pool.query(`update customers set billing_status = 'ended' where customer = 'ida'`);
  expect(await api.put('ida', body)).toMatchObject({ status: 200, subscriptionId });
});

test('a trial is not begun a second time', async () => {
  const { subscriptionId } = await api.put('jo', { ...body, trialDays: 7 });
  await api.stripe.subscriptions.cancel(String(subscriptionId));
  await api.pool.query(`update customers set billing_status = 'ended' where customer = 'jo'`);
  await api.put('jo', body);
  const { subscriptions } = await api.atStripe('jo');
  expect(subscriptions.filter(({ status }) => status === 'active')).toMatchObject([
    { trial_end: null },
  ]);
});
