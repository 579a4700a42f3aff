/** Goal: a subscription has at most 20 items: docs.stripe.com/api/subscriptions/create. */
import {
  customerOnClock,
  meterAndPrices,
  refusal,
  startStand,
} from '../../../support/sandbox/stand';

test('the 21st item is refused with the limit, and shown are ten until the list is read', async () => {
  const stand = await startStand();
  const { stripe } = stand;
  const { customer } = await customerOnClock(stripe);
  const items: { price: string }[] = [];
  for (let at = 0; at < 21; at += 1)
    items.push(...(await meterAndPrices(stripe, { eventName: `m_${at}`, baseCents: 100 })).items);
  const create = (some: typeof items) =>
    stripe.subscriptions.create({ customer: customer.id, items: some });
  const refused = await refusal(create(items));
  expect(refused).toMatchObject({ statusCode: 400, param: 'items' });
  expect(refused.message).toMatch(/at most 20 items: 21/);
  const { id, items: shown } = await create(items.slice(0, 20));
  expect(shown).toMatchObject({ has_more: true, total_count: 20 });
  expect(shown.data).toHaveLength(10);
  const more = { subscription: id, price: String(items[20]?.price) };
  expect(await refusal(stripe.subscriptionItems.create(more))).toMatchObject({ param: 'items' });
  const listed = await stripe.subscriptionItems.list({ subscription: id, limit: 100 });
  expect(listed.data).toHaveLength(20);
  await stand.close();
});
