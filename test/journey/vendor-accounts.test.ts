/** Through the whole product: a vendor is onboarded at Stripe, and sells, without being asked. */
import type { Product } from '../support/stack/product';
import { startProduct } from '../support/stack/product';
import { eventually } from '../support/stack/eventually';

let product: Product;
beforeAll(async () => {
  product = await startProduct();
});
afterAll(() => product.stop());

async function ask(method: string, path: string, body?: unknown) {
  const response = await fetch(`${product.apiUrl}/v1/${path}`, {
    method,
    headers: {
      authorization: `Bearer ${product.adminKey}`,
      'content-type': 'application/json',
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return (await response.json()) as Record<string, unknown>;
}

test('what a vendor settles in Stripe’s form is known by webhook, and then it can be sold', async () => {
  const { stripeAccountId } = await ask('PUT', 'vendors/acme', { email: 'pay@acme.example' });
  const account = String(stripeAccountId);
  await ask('PUT', 'customers/ann', { email: 'ann@example.com', plan: 'starter' });
  const order = { id: 'order-1', customer: 'ann', amountCents: 5000 };
  expect(await ask('POST', 'vendors/acme/charges', order)).toMatchObject({
    code: 'vendor_not_payable',
  });

  await product.stripe.accounts.createExternalAccount(account, {
    external_account: 'btok_us_verified',
  });
  await fetch(`${product.stripeUrl}/_sandbox/onboarding`, {
    method: 'POST',
    body: JSON.stringify({ account }),
  });
  const vendor = await eventually(
    () => ask('GET', 'vendors/acme'),
    ({ transfersStatus }) => transfersStatus === 'active',
  );
  expect(vendor).toMatchObject({ payoutsEnabled: true, requirementsDue: [] });
  expect(await ask('POST', 'vendors/acme/charges', order)).toMatchObject({
    status: 'succeeded',
    feeCents: 750,
    shareCents: 4250,
  });
  const { pending } = await product.stripe.balance.retrieve({}, { stripeAccount: account });
  expect(pending).toMatchObject([{ amount: 4250, currency: 'usd' }]);
});
