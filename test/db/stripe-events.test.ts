/** The inbox: who gets in, and what a claim costs however many wait. */
import type { Pool } from 'pg';
import type { ReceivedStripeEvent } from '../../src/core/state/stripe-event';
import { createPool } from '../../src/db/pool';
import {
  claimStripeEvents,
  missingStripeEvents,
  receiveStripeEvent,
  strangersEvents,
} from '../../src/db/stripe-events';
import { cutStripeEventPayloads } from '../../src/db/stripe-event-payloads';
import { readListedEvent } from '../../src/stripe/received-event';
import { createTestDatabase } from '../support/stack/database';
import type { TestDatabase } from '../support/stack/database';

let database: TestDatabase;
let pool: Pool;
beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool({ connectionString: database.url });
  await pool.query(
    `insert into customers (customer, email, plan, stripe_customer_id)
     values ('ann', 'a@b.c', 'pro', 'cus_ann')`,
  );
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

const anEvent = (id: string, object: object, change: object = {}): ReceivedStripeEvent =>
  readListedEvent({
    ...{ id, object: 'event', type: 'invoice.paid', api_version: null, created: 1_767_225_600 },
    data: { object: { id: 'in_1', object: 'invoice', ...object } },
    ...change,
  } as never);

const OURS = { tollkeeper_customer: 'early' };
const METADATA_OF_SUBSCRIPTION = { subscription_details: { metadata: OURS } };

test.each<[string, object, object]>([
  ['its customer is ours at Stripe', { customer: 'cus_ann' }, {}],
  ['it names a customer of ours', { customer: 'cus_early', metadata: OURS }, {}],
  ['its subscription names one', { customer: 'cus_early', parent: METADATA_OF_SUBSCRIPTION }, {}],
  ['it names no customer at all, as a dispute', { customer: null }, {}],
  ['it is of a vendor’s account', { customer: 'cus_theirs' }, { account: 'acct_1' }],
])('an event gets in where %s', async (_, object, change) => {
  expect(await strangersEvents(pool, [anEvent('evt_1', object, change)])).toEqual(new Set());
});

test('an event about another customer of the account stays outside', async () => {
  const events = [
    anEvent('evt_ours', { customer: 'cus_ann' }),
    anEvent('evt_theirs', { customer: 'cus_other', metadata: { plan: 'gold' } }),
    anEvent('evt_half', { customer: 'cus_\ud83d' }),
    anEvent('evt_invoice', { customer: 'cus_other', parent: { subscription_details: null } }),
  ];
  const outside = await strangersEvents(pool, events);
  expect(outside).toEqual(new Set(['evt_theirs', 'evt_half', 'evt_invoice']));
});

test('a claim reads as many events as it takes, however many wait', async () => {
  await pool.query(
    `insert into stripe_events (id, type, created, payload, stripe_customer_id, next_attempt_at)
     select 'evt_' || number, 'invoice.paid', now(), '{}', 'cus_' || number % 500,
            now() + case when number % 2 = 0 then interval '-1 hour' else interval '1 hour' end
       from generate_series(1, 20000) as number`,
  );
  await pool.query('analyze stripe_events');
  const plan = await explained(() => claimStripeEvents(pool, 50, 60));
  expect(plan).toContain('Index Scan using stripe_events_due on stripe_events');
  expect(plan).not.toMatch(/Seq Scan on stripe_events|Sort Key: stripe_events/);
  const rowsRead = [...plan.matchAll(/stripe_events_due on stripe_events[^\n]*rows=([\d.]+)/g)];
  expect(rowsRead.map(([, rows]) => Number(rows))).toEqual([50]);
});

test('a month after it was settled nothing personal is left of an event, and it can be followed', async () => {
  const settle = `update stripe_events set status = 'forwarded', settled_at = now() - $2::interval
                   where id = $1`;
  const personal = { customer: 'cus_ann', customer_email: 'ann@example.com', charge: 'ch_1' };
  const ages = [
    ['evt_old', '31 days'],
    ['evt_older', '90 days'],
    ['evt_young', '29 days'],
  ] as const;
  for (const [id, age] of ages) {
    await receiveStripeEvent(pool, anEvent(id, { ...personal, metadata: OURS }));
    await pool.query(settle, [id, age]);
  }
  await receiveStripeEvent(pool, anEvent('evt_waiting', personal));
  expect(await cutStripeEventPayloads(pool, 1)).toBe(1);
  expect(await cutStripeEventPayloads(pool)).toBe(1);
  expect(await cutStripeEventPayloads(pool)).toBe(0);
  const { rows } = await pool.query<{ id: string }>(
    `select id from stripe_events where payload::text like '%ann@example.com%' order by id`,
  );
  expect(rows.map(({ id }) => id)).toEqual(['evt_waiting', 'evt_young']);
  expect(await missingStripeEvents(pool, ['evt_old'])).toEqual(new Set());
  await pool.query(
    `update stripe_events set status = 'waiting', next_attempt_at = '-infinity', settled_at = null
      where id = 'evt_old'`,
  );
  const claimed = await claimStripeEvents(pool, 50_000, 60);
  expect(claimed.find(({ id }) => id === 'evt_old')).toMatchObject({
    ...{ customer: 'ann', chargeId: 'ch_1', objectId: 'in_1' },
  });
});

/** What Postgres did for the first statement of `run`, which is the claim. */
async function explained(run: () => Promise<unknown>): Promise<string> {
  type Statement = { readonly text: string; readonly values: unknown[] };
  const query = pool.query.bind(pool) as (...words: unknown[]) => Promise<unknown>;
  const claims: Statement[] = [];
  const spy = jest.spyOn(pool, 'query').mockImplementation(((...words: unknown[]) => {
    const [statement] = words as [string | Statement];
    if (typeof statement === 'object' && statement.text.includes('with due as'))
      claims.push(statement);
    return query(...words);
  }) as never);
  await run();
  spy.mockRestore();
  const { text, values } = claims[0] as Statement;
  const client = await pool.connect();
  await client.query('begin');
  const { rows } = await client.query<Record<string, string>>(
    `explain (analyze, costs off, timing off) ${text}`,
    values,
  );
  await client.query('rollback');
  client.release();
  return rows.map((row) => row['QUERY PLAN']).join('\n');
}
