/** Goal: what Stripe could not deliver during an outage is in the inbox soon after it. */
import { receiveUndelivered } from '../../src/processes/undelivered-events';
import { useLostEvents } from '../support/stripe/lost-events';
import { json, refusal } from '../support/stripe/scripted-stripe';

const NOW = 1_767_225_600;
const DAY = 24 * 3600;

const reconciler = useLostEvents();
const told: (readonly [object, string])[] = [];

const anEvent = (id: string, created = NOW - DAY) => ({
  ...{ id, object: 'event', type: 'invoice.paid', api_version: '2026-10-28.endive', created },
  data: { object: { id: `in_${id}`, object: 'invoice', customer: 'cus_ada' } },
});
const aList = (data: readonly object[], more = false) =>
  json(200, { object: 'list', data, has_more: more, url: '/v1/events' });

const ask = (after: string | null = null) =>
  receiveUndelivered(
    {
      ...{ pool: reconciler.pool, stripe: reconciler.stripe.stripe },
      log: { warn: (detail: object, text: string) => void told.push([detail, text]) } as never,
    },
    after,
    NOW,
  );

beforeEach(async () => {
  told.length = 0;
  await reconciler.pool.query(
    `insert into customers (customer, email, plan, stripe_customer_id)
     values ('ada', 'a@b.c', 'pro', 'cus_ada')`,
  );
});

const inbox = async () =>
  (
    await reconciler.pool.query<{ id: string }>('select id from stripe_events order by id')
  ).rows.map(({ id }) => id);

const asked = () =>
  reconciler.stripe.requests.map(({ url }) =>
    Object.fromEntries(new URL(String(url), 'http://x').searchParams),
  );

test('webhooks that were not taken for a day come into the inbox once, and it is told', async () => {
  reconciler.stripe.answer = aList([anEvent('evt_2'), anEvent('evt_1')]);
  expect(await ask()).toBeNull();
  expect(await ask()).toBeNull();
  expect(await inbox()).toEqual(['evt_1', 'evt_2']);
  expect(told).toEqual([[{ events: 2, types: ['invoice.paid'] }, 'webhooks had not arrived']]);
  expect(asked()[0]).toEqual({ limit: '100', delivery_success: 'false' });
});

test('what happened a moment ago is on its way, and is left to its webhook', async () => {
  const ofAClock = anEvent('evt_ahead', NOW + DAY);
  reconciler.stripe.answer = aList([ofAClock, anEvent('evt_new', NOW - 5), anEvent('evt_old')]);
  await ask();
  expect(await inbox()).toEqual(['evt_ahead', 'evt_old']);
});

test('an outage of many pages is read page by page', async () => {
  reconciler.stripe.answer = aList([anEvent('evt_9')], true);
  const position = await ask();
  expect(position).toBe('evt_9');
  reconciler.stripe.answer = aList([anEvent('evt_8')]);
  expect(await ask(position)).toBeNull();
  expect(asked()[1]).toMatchObject({ starting_after: 'evt_9' });
  expect(await inbox()).toEqual(['evt_8', 'evt_9']);
});

test('a place in the list that Stripe has forgotten is left for its beginning', async () => {
  reconciler.stripe.answer = refusal(400, 'invalid_request_error');
  expect(await ask('evt_forgotten')).toBeNull();
  await expect(ask()).rejects.toThrow();
});

test('while Stripe is away still, nothing is noted and it can be asked again', async () => {
  reconciler.stripe.answer = refusal(500, 'api_error');
  await expect(ask()).rejects.toThrow();
  expect(await inbox()).toEqual([]);
});
