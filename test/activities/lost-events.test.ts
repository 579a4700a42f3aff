/** Goal: events whose webhook was lost come into the inbox once, however many there are. */
import type { RecoverStripeEventsRequest } from '../../activities/lost-events';
import { useLostEvents } from '../support/stripe/lost-events';
import { json, refusal } from '../support/stripe/scripted-stripe';
import type { Answer } from '../support/stripe/scripted-stripe';

const NOW = 1_767_225_600;
const HOUR = 3600;
const DAY = 24 * HOUR;

const reconciler = useLostEvents();

const recover = (request: Partial<RecoverStripeEventsRequest> = {}) =>
  reconciler.recover({ runAt: NOW, ...request });
const anEvent = (id: string, change: object = {}) => ({
  ...{ id, object: 'event', type: 'invoice.paid', api_version: '2026-10-28.endive', created: NOW },
  data: { object: { id: `in_${id}`, object: 'invoice', customer: 'cus_ada' } },
  ...change,
});
const aList = (data: readonly object[], more = false): Answer =>
  json(200, { object: 'list', data, has_more: more, url: '/v1/events' });
beforeEach(() =>
  reconciler.pool.query(
    `insert into customers (customer, email, plan, stripe_customer_id)
     values ('ada', 'a@b.c', 'pro', 'cus_ada')`,
  ),
);

const queries = () =>
  reconciler.stripe.requests.map(({ url }) =>
    Object.fromEntries(new URL(String(url), 'http://x').searchParams),
  );

const inbox = async () =>
  (
    await reconciler.pool.query<{ id: string; status: string }>(
      'select * from stripe_events order by id',
    )
  ).rows;

test('lost events come into the inbox as by webhook, once, whatever version the list shows them in', async () => {
  const events = [
    anEvent('evt_1'),
    anEvent('evt_2', { type: 'customer.subscription.deleted', api_version: '2020-08-27' }),
    anEvent('evt_3', { type: 'charge.updated' }),
    anEvent('evt_4', { account: 'acct_9' }),
    anEvent('evt_5', { type: 'invoice.upcoming' }),
  ];
  reconciler.stripe.answer = aList(events);
  expect(await recover()).toEqual({
    read: 5,
    recovered: { 'invoice.paid': 1, 'customer.subscription.deleted': 1 },
    next: null,
  });
  expect(await inbox()).toMatchObject([
    { id: 'evt_1', status: 'waiting', object_id: 'in_evt_1', stripe_customer_id: 'cus_ada' },
    { id: 'evt_2', status: 'waiting', api_version: '2020-08-27' },
  ]);
  await reconciler.pool.query(`update stripe_events set status = 'forwarded'`);
  expect(await recover()).toEqual({ read: 5, recovered: {}, next: null });
  expect((await inbox()).map(({ status }) => status)).toEqual(['forwarded', 'forwarded']);
});

test('an event that can’t be read is named, and the others come into the inbox', async () => {
  const broken = anEvent('evt_2', { created: 'yesterday' });
  reconciler.stripe.answer = aList([anEvent('evt_1'), broken, anEvent('evt_3')]);
  expect(await recover()).toMatchObject({
    read: 3,
    recovered: { 'invoice.paid': 2 },
    unread: [{ event: 'evt_2' }],
    next: null,
  });
});

test('an event with text that Postgres can’t hold is kept all the same', async () => {
  const customer = { id: 'in_1', object: 'invoice', customer: 'cus_ada', footer: 'a\u0000b\ud800' };
  reconciler.stripe.answer = aList([anEvent('evt_1', { data: { object: customer } })]);
  expect(await recover()).toMatchObject({ recovered: { 'invoice.paid': 1 } });
  const { rows } = await reconciler.pool.query<{ footer: string }>(
    `select payload #>> '{data,object,footer}' as footer from stripe_events`,
  );
  expect(rows).toEqual([{ footer: 'ab\ufffd' }]);
});

test('events are read since a day before the last run; the first time, all that Stripe has', async () => {
  reconciler.stripe.answer = aList([]);
  await recover();
  await recover({ runAt: NOW + DAY });
  await recover({ runAt: NOW + 2 * DAY });
  // A run that ends after a later one takes nothing back.
  await recover({ runAt: NOW + HOUR });
  await recover({ runAt: NOW + 3 * DAY });
  expect(queries().map((query) => query['created[gte]'])).toEqual(
    [undefined, NOW - DAY, NOW, NOW + DAY, NOW + DAY].map((at) => at && String(at)),
  );
});

test('events may bear a test clock’s time, so with such customers time narrows nothing', async () => {
  reconciler.stripe.answer = aList([anEvent('evt_1', { created: NOW - 300 * DAY })]);
  await recover();
  await reconciler.pool.query(
    `insert into customers (customer, email, plan, test_clock) values ('bob', 'a@b.c', 'pro', 'c1')`,
  );
  await recover({ runAt: NOW + DAY });
  expect(queries()).toEqual([{ limit: '100' }, { limit: '100' }]);
});

test('the events of a long gap are read in parts, each from where the one before ended', async () => {
  let pages = 0;
  const endless: Answer = (request, response) => {
    pages += 1;
    return aList([anEvent(`evt_${pages}`)], pages < 60)(request, response);
  };
  reconciler.stripe.answer = endless;
  const first = await recover();
  expect(first).toMatchObject({ read: 50, recovered: { 'invoice.paid': 50 } });
  expect(first.next).toEqual({ since: null, after: 'evt_50' });
  const { rowCount } = await reconciler.pool.query('select from stripe_event_cursor');
  expect(rowCount).toBe(0);
  const second = await recover({ position: first.next ?? undefined });
  expect(second).toMatchObject({ read: 10, next: null });
  expect(queries()[50]).toMatchObject({
    starting_after: 'evt_50',
  });
});

test('events are read on from the last heartbeat after a worker was lost', async () => {
  reconciler.stripe.answer = aList([anEvent('evt_1')], true);
  let last: unknown;
  let beats = 0;
  const onBeat = (details: unknown) => {
    last = details;
    beats += 1;
    if (beats === 2) reconciler.stripe.answer = refusal(500, 'api_error');
  };
  const lost = reconciler.recover({ runAt: NOW }, { onBeat });
  await expect(lost).rejects.toMatchObject({ type: 'stripe_server_error', nonRetryable: false });
  reconciler.stripe.answer = aList([]);
  reconciler.stripe.requests.length = 0;
  expect(await reconciler.recover({ runAt: NOW }, { before: last })).toEqual({
    read: 2,
    recovered: { 'invoice.paid': 1 },
    next: null,
  });
  expect(queries()).toEqual([{ limit: '100', starting_after: 'evt_1' }]);
});
