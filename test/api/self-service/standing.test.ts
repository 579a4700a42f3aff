/** What a customer who may change something is shown, and where Stripe's page leads them. */
import { manageTokenOf, startOwnPage } from '../../support/api/own-page';
import type { OwnPage } from '../../support/api/own-page';

let page: OwnPage;
beforeAll(async () => {
  page = await startOwnPage();
  for (const customer of ['ada']) await page.addSubscriber(customer);
});
afterAll(() => page.close());
beforeEach(() => {
  page.asked.length = 0;
});

test('what they have, what it costs, and what they can do', async () => {
  const { answer } = await page.send('GET standing', { token: manageTokenOf('ada') });
  expect(answer).toMatchObject({
    ...{ customer: 'ada', billingStatus: expect.any(String), currency: 'usd' },
    plan: { id: 'starter', name: 'Starter', monthlyPriceCents: 2_900 },
    card: { brand: 'visa', last4: '4242', isExpired: false },
    cancellation: { usageCents: 0, isTrial: false },
    ...{ cancelAt: null, nextPlan: null },
  });
  const plans = answer.plans as { id: string; way: string }[];
  expect(plans.map(({ id, way }) => [id, way])).toEqual([
    ['pay_as_you_go', 'period_end'],
    ['starter', 'stay'],
    ['pro', 'now'],
  ]);
});

test('who may only cancel is shown no card and no plans', async () => {
  const { answer } = await page.send('GET standing', { token: manageTokenOf('ada', ['cancel']) });
  expect(answer).toMatchObject({ card: null, plans: [], cancellation: { usageCents: 0 } });
});

test('invoices have their page and their document', async () => {
  const { answer } = await page.send('GET invoices', { token: manageTokenOf('ada') });
  expect(answer).toEqual({
    invoices: [
      {
        ...{
          id: expect.any(String),
          number: expect.any(String),
          createdAt: '2026-01-01T00:00:00.000Z',
        },
        ...{ reason: 'First period', status: 'paid', currency: 'usd' },
        ...{ totalCents: 2_900, dueCents: 0 },
        ...{ hostedUrl: expect.stringMatching(/^http/), pdfUrl: expect.stringMatching(/^http/) },
      },
    ],
    after: null,
  });
});

test('a card is put in there, and neither address knows a token', async () => {
  const { answer } = await page.send('POST checkout', { token: manageTokenOf('ada') });
  expect(answer.url).toMatch(/^http/);
  const { data } = await page.stripe.checkout.sessions.list({ limit: 1 });
  expect(data[0]).toMatchObject({
    ...{ mode: 'setup', success_url: `${page.api.url}/dashboard?done=card` },
    cancel_url: `${page.api.url}/dashboard`,
  });
});

test('a plan is bought there by who has none, and not by who has one', async () => {
  const body = { plan: 'starter' };
  const refused = await page.send('POST checkout', { token: manageTokenOf('ada'), body });
  expect([refused.status, refused.code]).toEqual([409, 'customer_conflict']);
  await page.api.pool.query(
    `insert into customers (customer, email, plan, billing_status)
     values ('new', 'new@example.com', 'starter', 'pending')`,
  );
  const asCard = await page.send('POST checkout', { token: manageTokenOf('new') });
  expect(asCard.code).toBe('customer_conflict');
  const unsold = { token: manageTokenOf('new'), body: { plan: 'enterprise' } };
  expect((await page.send('POST checkout', unsold)).code).toBe('plan_not_found');
  const { status } = await page.send('POST checkout', { token: manageTokenOf('new'), body });
  expect(status).toBe(200);
});
