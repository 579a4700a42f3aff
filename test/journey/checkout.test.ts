/** Goal: a stranger pays at Checkout and is billed from that second on, whoever tells us of it. */
import { statusQuery } from '../../workflows/contract';
import { eventually } from '../support/stack/eventually';
import { payAt } from '../support/sandbox/checkout-form';
import { startProduct } from '../support/stack/product';
import type { Product } from '../support/stack/product';

jest.setTimeout(240_000);

interface Seen {
  readonly billingStatus: string;
  readonly subscriptionId: string | null;
  readonly email: string | null;
}

let product: Product;
beforeAll(async () => {
  product = await startProduct();
});
afterAll(() => product.stop());

const CARD = '4242424242424242';
const now = () => Math.floor(Date.now() / 1000);

const checkout = (customer: string, more: object = {}) =>
  product.api.post<{ id: string; url: string }>(`/v1/customers/${customer}/checkout`, {
    ...{ plan: 'starter', email: `${customer}@example.com`, ...more },
    successUrl: 'https://app.example.com/welcome',
    cancelUrl: 'https://app.example.com/pricing',
  });
const seen = (customer: string) => product.api.get<Seen>(`/v1/customers/${customer}`);
const use = (customer: string, id: string, tokens: number, second = now()) =>
  product.api.recordUsage(customer, [
    { id, model: 'gpt-4o-mini', tokens: { input: tokens }, second },
  ]);
const state = (customer: string) =>
  product.temporal.workflow.getHandle(`billing:${customer}`).query(statusQuery);
const order = (what: string, asked: object) =>
  fetch(`${product.stripeUrl}/_sandbox/${what}`, { method: 'POST', body: JSON.stringify(asked) });
const inbox = async (type: string) => {
  const { rows } = await product.pool.query<{ status: string }>(
    'select status from stripe_events where type = $1',
    [type],
  );
  return rows.map(({ status }) => status);
};

test('usage of a stranger is kept, and counted from the second of the purchase on', async () => {
  const { url } = await checkout('ada');
  await use('ada', 'before', 1_000, now() - 60);
  expect(await seen('ada')).toMatchObject({ billingStatus: 'pending', subscriptionId: null });
  await payAt(url, CARD);
  await use('ada', 'at-once', 500);
  await eventually(
    () => state('ada'),
    ({ appliedSequence, periods }) => appliedSequence > 0 && periods[0]?.usedTokens === 500,
  );
  // What came before anything was sold is shown, and on no bill.
  expect((await state('ada')).unbilledTokens).toBe(1_000);
  await eventually(
    () => seen('ada'),
    (one) => one?.billingStatus === 'active',
  );
  expect(await inbox('checkout.session.completed')).toEqual(['forwarded']);
});

test('a purchase of which no webhook tells is found by asking for the customer', async () => {
  const { url } = await checkout('lost');
  await order('faults', { webhooks: 'drop', times: 'always' });
  await payAt(url, CARD);
  await eventually(
    () => seen('lost'),
    (one) => one?.billingStatus === 'active',
  );
  await fetch(`${product.stripeUrl}/_sandbox/faults`, { method: 'DELETE' });
  await use('lost', 'first', 300);
  await eventually(
    () => state('lost'),
    ({ periods }) => periods[0]?.usedTokens === 300,
  );
});

test('a payment that takes days is followed: active meanwhile, unpaid when it fails', async () => {
  const { id } = await checkout('slow');
  await order('checkout', { session: id, payment: 'later' });
  await eventually(
    () => seen('slow'),
    (one) => one?.billingStatus === 'active',
  );
  await order('checkout', { session: id, payment: 'fail' });
  await eventually(
    () => seen('slow'),
    (one) => one?.billingStatus === 'past_due',
  );
});

test('who gives up, or lets the session expire, stays pending and has no workflow', async () => {
  const { id } = await checkout('undecided');
  await product.stripe.checkout.sessions.expire(id);
  await eventually(
    () => inbox('checkout.session.expired'),
    (statuses) => statuses.includes('ignored'),
  );
  expect(await seen('undecided')).toMatchObject({ billingStatus: 'pending' });
  await expect(state('undecided')).rejects.toThrow(/not found/i);
});
