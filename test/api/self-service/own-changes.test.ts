/** What customers change themselves: at the price that they were shown, and once. */
import { manageTokenOf, newPageKey, startOwnPage, TO_PRO } from '../../support/api/own-page';
import type { OwnPage } from '../../support/api/own-page';

let page: OwnPage;
beforeAll(async () => {
  page = await startOwnPage();
  for (const customer of ['ada', 'bo', 'cy']) await page.addSubscriber(customer);
});
afterAll(() => page.close());
beforeEach(() => {
  page.asked.length = 0;
});

const priceOf = (plan: string) =>
  page.send('POST plan-price', { token: manageTokenOf('ada'), body: { plan } });

test('a dearer plan is due now, and told for the next invoice', async () => {
  const { answer } = await priceOf('pro');
  expect(answer).toMatchObject({
    ...{ plan: 'pro', way: 'now', dueNowCents: 7_000, takesBackCancellation: false },
    nextInvoice: { planPriceCents: 9_900, usageCents: 0, amountCents: 9_900 },
  });
  const lines = answer.lines as { amountCents: number }[];
  expect(lines.reduce((sum, { amountCents }) => sum + amountCents, 0)).toBe(7_000);
});

test('a cheaper one begins with the next period, and nothing is due', async () => {
  const { answer } = await priceOf('pay_as_you_go');
  expect(answer).toMatchObject({
    ...{ way: 'period_end', dueNowCents: 0 },
    nextInvoice: { planPriceCents: 0 },
  });
});

test.each(['enterprise', 'nothing'])('%s is not for sale on the page', async (plan) => {
  const order = { token: manageTokenOf('ada'), body: { ...TO_PRO, plan } };
  expect((await priceOf(plan)).code).toBe('plan_not_found');
  expect((await page.send('POST plan', order)).code).toBe('plan_not_found');
  expect(page.asked).toEqual([]);
});

test('as it was agreed it is page.asked for, and the agreement is on record', async () => {
  const key = newPageKey();
  const { status } = await page.send('POST plan', {
    token: manageTokenOf('ada'),
    body: TO_PRO,
    key,
  });
  expect(status).toBe(200);
  const message = { planId: 'pro', when: 'now' };
  expect(page.asked).toEqual([
    { update: 'changePlan', of: 'ada', message, request: `key:page:ada:${key}` },
  ]);
  const { rows } = await page.api.pool.query(
    `select detail from audit_entries where customer = 'ada' and kind = 'price_agreed_on_page'`,
  );
  expect(rows).toEqual([{ detail: TO_PRO }]);
});

test.each<[string, object]>([
  ['it costs more now than was shown', { ...TO_PRO, dueNowCents: 6_999 }],
  ['it costs more each period than was shown', { ...TO_PRO, planPriceCents: 9_899 }],
  ['it begins at another time than was shown', { ...TO_PRO, way: 'period_end' }],
])('it is refused where %s', async (_case, body) => {
  const { status, code } = await page.send('POST plan', { token: manageTokenOf('ada'), body });
  expect([status, code]).toEqual([409, 'price_changed']);
  expect(page.asked).toEqual([]);
});

test('pressed again it is the same, also for whoever pressed twice at once', async () => {
  const order = { token: manageTokenOf('bo'), body: TO_PRO, key: newPageKey() };
  const [first, second] = await Promise.all([
    page.send('POST plan', order),
    page.send('POST plan', order),
  ]);
  const third = await page.send('POST plan', order);
  expect([first.status, second.status, third.status]).toEqual([200, 200, 200]);
  expect(new Set(page.asked.map(({ request }) => request)).size).toBe(1);
  // The third was answered from what is kept.
  expect(page.asked.length).toBeLessThanOrEqual(2);
});

test('a key of something else is refused, and a key of another customer is another', async () => {
  const key = newPageKey();
  const order = { token: manageTokenOf('ada'), key };
  await page.send('POST cancellation', order);
  const plan = await page.send('POST plan', { ...order, body: TO_PRO });
  expect([plan.status, plan.code]).toEqual([422, 'idempotency_key_reused']);
  expect(
    (await page.send('POST cancellation', { ...order, token: manageTokenOf('bo') })).status,
  ).toBe(200);
  expect(page.asked.map(({ of }) => of)).toEqual(['ada', 'bo']);
});

test.each(['', 'short', 'g'.repeat(32)])('the key %j is refused', async (key) => {
  const { code } = await page.send('POST plan', { token: manageTokenOf('ada'), body: TO_PRO, key });
  expect(code).toBe('invalid_request');
  expect(page.asked).toEqual([]);
});

test('canceling is for the period’s end, and taking it back touches nothing else', async () => {
  await page.send('POST cancellation', { token: manageTokenOf('cy') });
  await page.send('DELETE cancellation', { token: manageTokenOf('cy') });
  expect(page.asked.map(({ message }) => message)).toEqual([
    { action: 'cancel', when: 'period_end' },
    { action: 'keep' },
  ]);
});
