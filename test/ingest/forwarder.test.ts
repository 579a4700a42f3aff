/** Any number of forwarders: nothing lost, one signal in flight per customer, spaced. */
import type { Pool } from 'pg';
import { pino } from 'pino';
import type { UsageRecorded } from '../../workflows/contract';
import { createPool } from '../../src/db/pool';
import { insertUsageEvents } from '../../src/db/usage-events';
import { createForwarder, withinBytes } from '../../src/ingest/forwarder';
import type { Forwarder } from '../../src/ingest/forwarder';
import { drainLedger } from '../../src/ingest/sealing';
import { createTestDatabase } from '../support/stack/database';
import type { TestDatabase } from '../support/stack/database';
import { eventually } from '../support/stack/eventually';
import { aRow } from '../support/builders/ledger';

let database: TestDatabase;
let pool: Pool;
const log = pino({ level: 'silent' });

beforeEach(async () => {
  database = await createTestDatabase();
  pool = createPool({ connectionString: database.url, max: 20 });
  await addCustomer('ada');
});

afterEach(async () => {
  await pool.end();
  await database.drop();
});

const addCustomer = (customer: string, subscription: string | null = `sub_${customer}`) =>
  pool.query(
    `insert into customers (customer, email, plan, subscription_id) values ($1, '', 'pro', $2)`,
    [customer, subscription],
  );

let ids = 0;
/** One batch of one line. */
async function sealTokens(customer: string, tokens = 1): Promise<void> {
  const counts = { input: tokens, output: 0, cacheRead: 0, cacheWrite: 0, reasoning: 0 };
  await insertUsageEvents(pool, [aRow(`f${(ids += 1)}`, { customer, tokens: counts })]);
  await drainLedger(pool, customer);
}

interface Sent {
  readonly customer: string;
  readonly sequences: number[];
  readonly acceptedAt: number;
}

function recorder(behave: (usage: UsageRecorded) => Promise<void> = async () => undefined) {
  const sent: Sent[] = [];
  const signalUsage = async (customer: string, usage: UsageRecorded) => {
    await behave(usage);
    const sequences = usage.batches.map(({ sequence }) => sequence);
    sent.push({ customer, sequences, acceptedAt: performance.now() });
  };
  return { sent, signals: { signalUsage } };
}

async function forward(forwarder: Forwarder): Promise<number> {
  const claimed = await forwarder.forwardDue();
  await forwarder.untilIdle();
  return claimed;
}

const cursor = async (customer: string): Promise<number> => {
  const { rows } = await pool.query<{ forwarded_sequence: string }>(
    'select forwarded_sequence from usage_forwarding where customer = $1',
    [customer],
  );
  return Number(rows[0]?.forwarded_sequence);
};

test('all waiting batches of a customer go in one signal', async () => {
  for (let batch = 0; batch < 3; batch += 1) await sealTokens('ada');
  const { sent, signals } = recorder();
  const forwarder = createForwarder({ pool, log, signals, intervalMs: 0 });
  expect(await forward(forwarder)).toBe(1);
  expect(sent.map(({ sequences }) => sequences)).toEqual([[1, 2, 3]]);
  expect(await forward(forwarder)).toBe(0);
});

test('a customer without a subscription waits, and loses nothing', async () => {
  await addCustomer('bob', null);
  await sealTokens('bob');
  const { sent, signals } = recorder();
  const forwarder = createForwarder({ pool, log, signals, intervalMs: 0 });
  expect(await forward(forwarder)).toBe(0);
  await pool.query(`update customers set subscription_id = 'sub_b' where customer = 'bob'`);
  await forward(forwarder);
  expect(sent).toMatchObject([{ customer: 'bob', sequences: [1] }]);
});

test('the next signal waits for the interval, measured from the acceptance', async () => {
  const { sent, signals } = recorder();
  const forwarder = createForwarder({ pool, log, signals, intervalMs: 3_600_000 });
  await sealTokens('ada');
  await forward(forwarder);
  await sealTokens('ada');
  expect(await forward(forwarder)).toBe(0);
  const { rows } = await pool.query<{ wait: number }>(
    `select extract(epoch from next_forward_at - clock_timestamp())::float8 as wait
       from usage_forwarding where customer = 'ada'`,
  );
  expect(rows[0]?.wait).toBeGreaterThan(3_500);
  await pool.query('update usage_forwarding set next_forward_at = now()');
  expect(await forward(forwarder)).toBe(1);
  expect(sent.map(({ sequences }) => sequences)).toEqual([[1], [2]]);
});

test('a customer with usage all the time gets one signal in four intervals, an idle one in one', async () => {
  const { signals } = recorder();
  const forwarder = createForwarder({ pool, log, signals, intervalMs: 1_000_000 });
  const waitAfterSignal = async () => {
    await sealTokens('ada');
    expect(await forward(forwarder)).toBe(1);
    const { rows } = await pool.query<{ wait: number }>(
      `select extract(epoch from next_forward_at - clock_timestamp())::float8 as wait
         from usage_forwarding where customer = 'ada'`,
    );
    return Math.ceil((rows[0]?.wait ?? 0) / 1_000);
  };
  expect(await waitAfterSignal()).toBe(1);
  await pool.query("update usage_forwarding set next_forward_at = now() - interval '1 second'");
  expect(await waitAfterSignal()).toBe(4);
  await pool.query("update usage_forwarding set next_forward_at = now() - interval '3 hours'");
  expect(await waitAfterSignal()).toBe(1);
});

test('a crash between signal and cursor sends it again, and loses nothing', async () => {
  await sealTokens('ada');
  const crashed = recorder();
  // The cursor can't be moved any more: as if the process had died.
  const dying = createPool({ connectionString: database.url });
  const forwarder = createForwarder({
    pool: dying,
    log,
    intervalMs: 0,
    signals: {
      signalUsage: async (customer, usage) => {
        await crashed.signals.signalUsage(customer, usage);
        dying.query = (() => Promise.reject(new Error('killed'))) as never;
      },
    },
  });
  await forward(forwarder);
  await dying.end();
  expect(crashed.sent).toHaveLength(1);
  expect(await cursor('ada')).toBe(0);

  const { sent, signals } = recorder();
  const other = createForwarder({ pool, log, signals, intervalMs: 0 });
  expect(await forward(other)).toBe(0); // the lease still holds
  await pool.query(`update usage_forwarding set lease_expires_at = now() - interval '1 second'`);
  expect(await forward(other)).toBe(1);
  expect(sent.map(({ sequences }) => sequences)).toEqual([[1]]);
  expect(await cursor('ada')).toBe(1);
});

test('a refused signal is repeated after a pause, others go on', async () => {
  await addCustomer('bob');
  await sealTokens('ada');
  await sealTokens('bob');
  let isDown = true;
  const pauses: number[] = [];
  const { sent, signals } = recorder();
  const forwarder = createForwarder({
    pool,
    log: { warn: ({ pauseMs }: { pauseMs: number }) => pauses.push(pauseMs) } as never,
    intervalMs: 0,
    signals: {
      signalUsage: (customer, usage) =>
        isDown && customer === 'ada'
          ? Promise.reject(new Error('Temporal is down'))
          : signals.signalUsage(customer, usage),
    },
  });
  expect(await forward(forwarder)).toBe(2);
  expect(sent.map(({ customer }) => customer)).toEqual(['bob']);
  expect(pauses).toEqual([500]);
  await pool.query(`update usage_forwarding set next_forward_at = now() + '1 hour'`);
  expect(await forward(forwarder)).toBe(0);
  isDown = false;
  await pool.query('update usage_forwarding set next_forward_at = now()');
  expect(await forward(forwarder)).toBe(1);
  expect(await cursor('ada')).toBe(1);
});

test('more broken customers than signals fit in flight keep nobody else waiting', async () => {
  const broken = Array.from({ length: 25 }, (_, at) => `broken-${at}`);
  for (const customer of broken) await addCustomer(customer).then(() => sealTokens(customer));
  await pool.query(`delete from usage_batches where customer like 'broken-%'`);
  await sealTokens('ada');
  const { sent, signals } = recorder();
  const forwarder = createForwarder({ pool, log, intervalMs: 0, signals });
  await forward(forwarder);
  await forward(forwarder);
  expect(sent.map(({ customer }) => customer)).toEqual(['ada']);
});

test('four forwarders never have two signals in flight for one customer', async () => {
  const intervalMs = 20;
  const customers = ['ada', 'bob', 'cyd'];
  await addCustomer('bob');
  await addCustomer('cyd');
  const busy = new Set<string>();
  const sent: Sent[] = [];
  const signalUsage = async (customer: string, { batches }: UsageRecorded) => {
    expect(busy.has(customer)).toBe(false);
    busy.add(customer);
    await pool.query('select pg_sleep(0.005)');
    busy.delete(customer);
    const sequences = batches.map(({ sequence }) => sequence);
    sent.push({ customer, sequences, acceptedAt: performance.now() });
  };
  const signals = { signalUsage };
  let sealing = true;
  const run = async (forwarder: Forwarder) => {
    while (sealing) await forward(forwarder);
  };
  const forwarders = [1, 2, 3, 4].map(() => createForwarder({ pool, log, signals, intervalMs }));
  const running = forwarders.map(run);
  for (let batch = 0; batch < 20; batch += 1)
    for (const customer of customers) await sealTokens(customer);
  await eventually(
    () => Promise.all(customers.map(cursor)),
    (cursors) => cursors.every((sequence) => sequence === 20),
  );
  sealing = false;
  await Promise.all(running);
  for (const customer of customers) {
    const own = sent.filter((signal) => signal.customer === customer);
    expect(own.flatMap(({ sequences }) => sequences)).toEqual(
      Array.from({ length: 20 }, (_, index) => index + 1),
    );
    const gaps = own.slice(1).map(({ acceptedAt }, index) => acceptedAt - own[index]!.acceptedAt);
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(intervalMs);
  }
});

test('a signal stays below its size, and always takes the next batch', () => {
  const batches = [1, 2, 3].map((sequence) => ({ sequence, lines: [] }));
  const size = JSON.stringify(batches[0]).length;
  expect(withinBytes(batches, size * 2)).toHaveLength(2);
  expect(withinBytes(batches, 1)).toHaveLength(1);
  expect(withinBytes(batches, size * 3)).toHaveLength(3);
});
