/**
 * What Stripe signed is taken whatever is in it, or refused for good: an event that is a fault of
 * ours comes again for days, and the daily search for lost events would stop at it.
 */
import { storable } from '../../../src/core/text';
import { receiveMissing } from '../../../activities/receive-missing';
import { STRIPE_API_VERSION, createStripe } from '../../../src/stripe/client';
import type { TestApi } from '../../support/api/api';
import { startTestApi } from '../../support/api/api';

const stripe = createStripe({ secretKey: 'sk_test_none' });

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
  await api.addCustomer('ada');
}, 60_000);
afterAll(() => api.close());

let eventNumber = 0;
function anEvent(change: Record<string, unknown> = {}, object: Record<string, unknown> = {}) {
  eventNumber += 1;
  return {
    id: `evt_odd_${eventNumber}`,
    object: 'event',
    type: 'invoice.paid',
    api_version: STRIPE_API_VERSION,
    created: 1_767_225_600,
    livemode: false,
    data: { object: { id: 'in_1', object: 'invoice', customer: 'cus_1', ...object } },
    ...change,
  };
}

/** `timestamp`: of the signature, in seconds from now. */
async function deliver(body: string, timestamp = 0): Promise<{ status: number; code?: string }> {
  const signature = stripe.webhooks.generateTestHeaderString({
    payload: body,
    secret: 'whsec_test',
    timestamp: Math.floor(Date.now() / 1000) + timestamp,
  });
  const response = await api.request('/webhooks/stripe', {
    ...{ method: 'POST', body },
    headers: { 'content-type': 'application/json', 'stripe-signature': signature },
  });
  return { status: response.status, ...((await response.json()) as object) };
}

async function inbox(id: string) {
  const { rows } = await api.pool.query('select * from stripe_events where id = $1', [id]);
  return rows[0] as Record<string, unknown> | undefined;
}

beforeAll(async () => {
  await api.pool.query(
    `insert into customers (customer, email, plan, stripe_customer_id)
     values ('c1', 'a@b.c', 'pro', 'cus_1'), ('c2', 'a@b.c', 'pro', $1)`,
    [storable('cus_\ud83d')],
  );
});

const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);
const with50000Levels = (event: object) =>
  JSON.stringify(event).replace('"in_1"', `"in_1","deep":${nested(50_000)}`);

const ODD: readonly (readonly [string, object])[] = [
  ['a zero character in a field', { description: 'a\u0000b' }],
  ['a zero character in a name of a field', { 'a\u0000b': 1 }],
  ['half an emoji in a field', { description: 'sorry \ud83d' }],
  ['half an emoji in the id of its customer', { customer: 'cus_\ud83d' }],
  ['a zero character in the id of its object', { id: 'in_\u0000' }],
];

test.each(ODD)('an event with %s is kept, and waits', async (_, object) => {
  const event = anEvent({}, object as Record<string, unknown>);
  expect(await deliver(JSON.stringify(event))).toMatchObject({ status: 200 });
  expect(await inbox(event.id)).toMatchObject({ status: 'waiting' });
});

test('a draft whose subscription has an odd id is nobody’s, and is kept', async () => {
  const subscription = 'sub_\u0000\ud83d';
  const event = anEvent(
    { type: 'invoice.created' },
    { status: 'draft', parent: { subscription_details: { subscription } } },
  );
  expect(await deliver(JSON.stringify(event))).toMatchObject({ status: 200 });
  expect(await inbox(event.id)).toMatchObject({ status: 'waiting' });
});

test('of an event that is nested 50,000 levels deep all is kept that may be of use', async () => {
  const event = anEvent({}, { charge: 'ch_1', metadata: { tollkeeper_customer: 'ada' } });
  expect(await deliver(with50000Levels(event))).toMatchObject({ status: 200 });
  const { payload, ...row } = (await inbox(event.id)) ?? {};
  expect(row).toMatchObject({ status: 'waiting', object_id: 'in_1', stripe_customer_id: 'cus_1' });
  expect(payload).toMatchObject(event);
});

test.each([8_640_000_000_001, 1e15, 253_402_300_800])(
  'an event of the second %d is refused for good: no time is so late',
  async (created) => {
    const event = anEvent({ created });
    const answer = await deliver(JSON.stringify(event));
    expect(answer).toMatchObject({ status: 422, code: 'invalid_request' });
    expect(await inbox(event.id)).toBeUndefined();
  },
);

test('the daily search for lost events is stopped by none of them', async () => {
  const odd = [
    ...ODD.map(([, object]) => anEvent({}, object as Record<string, unknown>)),
    JSON.parse(with50000Levels(anEvent())) as ReturnType<typeof anEvent>,
    anEvent({ created: 8_640_000_000_001 }),
    anEvent({ id: 'evt_\u0000odd' }),
    anEvent(),
  ];
  const { types, unread } = await receiveMissing(api.pool, odd as never);
  expect(types).toHaveLength(odd.length - 1);
  expect(unread).toEqual([
    { event: odd.at(-3)?.id, reason: expect.stringContaining('created') as string },
  ]);
});

test('the daily search for lost events leaves out what is about nobody of ours', async () => {
  const strange = anEvent({}, { customer: 'cus_stranger' });
  const ours = anEvent();
  const { types } = await receiveMissing(api.pool, [strange, ours] as never);
  expect(types).toEqual(['invoice.paid']);
  expect(await inbox(strange.id)).toBeUndefined();
  expect(await inbox(ours.id)).toMatchObject({ status: 'waiting' });
});

test('an event of live mode is noted at a test key, and leads to nothing', async () => {
  const event = anEvent({ livemode: true });
  expect(await deliver(JSON.stringify(event))).toMatchObject({ status: 200 });
  expect(await inbox(event.id)).toMatchObject({
    status: 'ignored',
    last_error: expect.stringContaining('live mode') as string,
  });
});

test('a signature from the future is refused, and one of a clock that is a little ahead is not', async () => {
  for (const ahead of [3_600, 365 * 86_400]) {
    const event = anEvent();
    const answer = await deliver(JSON.stringify(event), ahead);
    expect(answer).toMatchObject({ status: 400, code: 'webhook_signature_invalid' });
    expect(await inbox(event.id)).toBeUndefined();
  }
  expect(await deliver(JSON.stringify(anEvent()), 60)).toMatchObject({ status: 200 });
});
