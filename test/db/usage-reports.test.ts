/**
 * Goal: what a period's invoice is compared with is each usage event's sum, and reading it costs
 * the days at its edges, however much is between them.
 */
import fc from 'fast-check';
import type { Pool, PoolClient } from 'pg';
import { createPool } from '../../src/db/pool';
import { insertUsageEvents } from '../../src/db/usage-events';
import type { LedgerRow } from '../../src/db/usage-events';
import { scanLedger, sumLedger, tokensAround } from '../../src/db/usage-reports';
import { drainLedger, sealOnce } from '../../src/ingest/sealing';
import { aRow } from '../support/builders/ledger';
import { createTestDatabase } from '../support/stack/database';
import type { TestDatabase } from '../support/stack/database';

let database: TestDatabase;
let pool: Pool;
beforeEach(async () => {
  database = await createTestDatabase();
  pool = createPool({ connectionString: database.url });
});
afterEach(async () => {
  await pool.end();
  await database.drop();
});

/** Within minutes of a month's edge one statement waits for the other. */
const MID_MONTH = new Date('2026-01-15T12:00:00Z');
const DAY = 86_400;
/** 2026-01-10T00:00:00Z */
const MIDNIGHT = Date.UTC(2026, 0, 10) / 1000;

/** Milliseconds: often at a day's edge, or at one that a period has. */
const moments = fc
  .tuple(
    fc.integer({ min: -3, max: 3 }),
    fc.constantFrom(0, 1, 36_000, DAY - 1),
    fc.constantFrom(0, 1, 999),
  )
  .map(([day, second, ms]) => (MIDNIGHT + day * DAY + second) * 1000 + ms);

const usage = fc.record({
  customer: fc.constantFrom('ada', 'bob'),
  model: fc.constantFrom('gpt-4o', 'gpt-4o-mini'),
  vendor: fc.constantFrom(null, 'acme', 'globex'),
  occurredAt: moments.map((ms) => new Date(ms).toISOString()),
  input: fc.integer({ min: 0, max: 1_000 }),
  reasoning: fc.constantFrom(0, 7),
});
type Usage = typeof usage extends fc.Arbitrary<infer T> ? T : never;

/** What happens to the ledger, in any order; late usage is usage that comes after a sealing. */
const steps = fc.oneof(
  fc.record({ kind: fc.constant('usage' as const), events: fc.array(usage, { maxLength: 8 }) }),
  fc.record({ kind: fc.constantFrom('seal' as const, 'settle' as const) }),
  // It can't be summed: sealing sets it aside.
  fc.record({ kind: fc.constant('poison' as const), occurredAt: moments }),
);

const bounds = fc.tuple(
  fc.integer({ min: -3, max: 3 }),
  fc.constantFrom(0, 1, 36_000, DAY - 1),
  fc.constantFrom(0, 1, 100, DAY, 2 * DAY + 5, 6 * DAY),
);

let ids = 0;
function rowOf({ input, reasoning, ...event }: Usage): LedgerRow {
  const tokens = { input, output: 0, cacheRead: 0, cacheWrite: 0, reasoning };
  return aRow(`u${(ids += 1)}`, { ...event, tokens });
}

async function poison(occurredAt: number): Promise<void> {
  const id = `p${(ids += 1)}`;
  await insertUsageEvents(pool, [aRow(id, { occurredAt: new Date(occurredAt).toISOString() })]);
  await pool.query(
    'update usage_events set input = 9223372036854775807, output = 1 where id = $1',
    [id],
  );
}

type Step = typeof steps extends fc.Arbitrary<infer T> ? T : never;

async function play(step: Step): Promise<void> {
  if (step.kind === 'usage') await insertUsageEvents(pool, step.events.map(rowOf));
  if (step.kind === 'seal') await drainLedger(pool, 'ada');
  if (step.kind === 'settle') await pool.query('update usage_quarantine set settled_at = now()');
  if (step.kind === 'poison') await poison(step.occurredAt);
}

const empty = () =>
  pool.query('truncate usage_events, usage_batches, usage_daily, usage_quarantine cascade');

test('the sums of any period are those of its events, whatever is sealed, late or set aside', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(steps, { minLength: 1, maxLength: 8 }),
      fc.array(bounds, { minLength: 1, maxLength: 6 }),
      async (played, periods) => {
        await empty();
        for (const step of played) await play(step);
        for (const [day, second, length] of periods) {
          const start = MIDNIGHT + day * DAY + second;
          for (const customer of ['ada', 'bob'])
            expect(await sumLedger(pool, customer, start, start + length)).toEqual(
              await scanLedger(pool, customer, start, start + length),
            );
        }
      },
    ),
    { numRuns: 60 },
  );
});

test('usage of a transaction that sealing has passed over is among them, once', async () => {
  const open = await pool.connect();
  await open.query('begin');
  const early = aRow('early', { occurredAt: '2026-01-10T12:00:00Z' });
  await insertUsageEvents(open as never, [early], MID_MONTH);
  await insertUsageEvents(pool, [aRow('other', { occurredAt: '2026-01-10T12:00:01Z' })], MID_MONTH);
  await pool.query(
    `update sealing_state set horizon = pg_snapshot_xmax(pg_current_snapshot()),
            passed_over = array(select pg_snapshot_xip(pg_current_snapshot()))`,
  );
  await open.query('commit');
  open.release();
  const sums = () => sumLedger(pool, 'ada', MIDNIGHT - DAY, MIDNIGHT + 2 * DAY);
  // The other one was passed as well, and is in no roll-up here.
  expect((await sums()).usedTokens).toBe(1);
  await pool.query(`update sealing_state set passed_over = '{}'`);
  expect((await sums()).usedTokens).toBe(0);
});

/** Sealing goes on as soon as somebody has read how far it is. */
function sealingMeanwhile<Db extends Pool | PoolClient>(db: Db): Db {
  const query = async (...words: [string, unknown[]?]) => {
    const result = await db.query(...words);
    if (words[0].includes('from sealing_state')) await drainLedger(pool, 'ada');
    return result;
  };
  const connect = async () => sealingMeanwhile((await db.connect()) as unknown as PoolClient);
  const release = 'release' in db ? db.release.bind(db) : undefined;
  return { query, connect, release } as unknown as Db;
}

test('what is sealed while it is summed counts once', async () => {
  const occurredAt = new Date(MIDNIGHT * 1000).toISOString();
  const call = { customer: 'ada', model: 'gpt-4o', vendor: null, input: 5, reasoning: 7 } as const;
  await insertUsageEvents(pool, [rowOf({ ...call, occurredAt })]);
  expect(await tokensAround(sealingMeanwhile(pool), 'ada', occurredAt, occurredAt)).toBe(12);
});

/** Events of a month, a row of the roll-up for each day, all of it sealed. */
async function aMonth(events: number): Promise<void> {
  await pool.query(
    `insert into usage_events (id, customer, model, input, occurred_at, content_hash)
     select 'm' || n, 'ada', 'gpt-4o', 1,
            timestamptz '2026-01-01T10:00:00Z' + n * interval '31 days' / $1::int, ''
       from generate_series(0, $1::int - 1) as n`,
    [events],
  );
  await pool.query(
    `insert into usage_daily (customer, day, model, token_type, tokens)
     select 'ada', (occurred_at at time zone 'UTC')::date, model, 'input', count(*)
       from usage_events group by 2, 3`,
  );
  await pool.query('update sealing_state set horizon = pg_snapshot_xmax(pg_current_snapshot())');
  await pool.query('analyze usage_events');
}

/** Rows of usage events that this reads, by Postgres' own count. */
async function rowsRead(work: (one: Pool) => Promise<unknown>): Promise<number> {
  const one = createPool({ connectionString: database.url, max: 1 });
  const count = async (): Promise<number> => {
    await one.query('select pg_stat_force_next_flush()');
    const { rows } = await one.query<{ read: string }>(
      `select sum(seq_tup_read + idx_tup_fetch) as read
         from pg_stat_user_tables where relname like 'usage\\_events\\_%'`,
    );
    return Number(rows[0]?.read);
  };
  try {
    const before = await count();
    await work(one);
    return (await count()) - before;
  } finally {
    await one.end();
  }
}

test('a month of a hundred thousand events is summed from its days, and the two at its edges', async () => {
  const events = 100_000;
  await aMonth(events);
  const [start, end] = [Date.UTC(2026, 0, 1, 10) / 1000, Date.UTC(2026, 1, 1, 10) / 1000];
  expect((await sumLedger(pool, 'ada', start, end)).usedTokens).toBe(events);
  const read = await rowsRead((one) => sumLedger(one, 'ada', start, end));
  // The two edges are a day together.
  expect(read).toBeLessThanOrEqual(events / 31 + 2);
  expect(await rowsRead((one) => scanLedger(one, 'ada', start, end))).toBe(events);
  await sealOnce(pool);
});
