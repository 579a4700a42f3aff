/**
 * Goal: a ledger of before, full and in use, becomes the first partition of one that is divided by
 * time, without losing, doubling or holding up any usage. Method: the migration itself, on a
 * database that stops at the schema of before, while others read and write.
 */
import { Client } from 'pg';
import type { Pool } from 'pg';
import { grantAppRole } from '../../../src/db/app-role';
import { databaseChecks } from '../../../src/cli/doctor/database';
import { listUsagePartitions } from '../../../src/db/partitions/usage-partitions';
import { createPool } from '../../../src/db/pool';
import { createGroupCommit } from '../../../src/ingest/group-commit';
import { drainLedger } from '../../../src/ingest/sealing';
import { aRow } from '../../support/builders/ledger';
import { APP_ROLE, createCopy, createEmptyDatabase } from '../../support/stack/database';
import type { TestDatabase } from '../../support/stack/database';
import { eventually } from '../../support/stack/eventually';
import { migrateAt } from '../../support/stack/migrate-at';

const BEFORE = '39';
const DIVIDED = '0040_ledger_by_months';
const ROWS = 50_000;

let databaseOfBefore: TestDatabase;
let database: TestDatabase;
let owner: Pool;
let pool: Pool;
beforeAll(async () => {
  databaseOfBefore = await createEmptyDatabase();
  await migrateAt(databaseOfBefore.url, '--to', BEFORE);
  owner = createPool({ connectionString: databaseOfBefore.url });
  await fill();
  await owner.end();
});
afterAll(() => databaseOfBefore.drop());
beforeEach(async () => {
  database = await createCopy(databaseOfBefore);
  owner = createPool({ connectionString: database.url });
  pool = createPool({ connectionString: database.appUrl });
});
afterEach(async () => {
  await owner.end();
  await pool.end();
  await database.drop();
});

const migrate = () => migrateAt(database.url);

/** Rows of a year as the release before wrote them, with its rights, and one that was set aside. */
async function fill(): Promise<void> {
  await owner.query(
    `grant select, insert, update on usage_events, usage_batches, usage_daily, usage_forwarding,
                                     sealing_state, usage_quarantine, customers, imports
        to ${APP_ROLE}`,
  );
  await owner.query(
    `insert into usage_events (id, customer, model, input, occurred_at, recorded_at, content_hash)
     select 'call-' || n, 'customer-' || n % 100, 'm', 1, at, at, '\\x00'
       from generate_series(1, $1::int) as n
      cross join lateral (select now() - n * interval '365 days' / $1::int as at) as time`,
    [ROWS],
  );
  await owner.query(
    `insert into usage_quarantine (id, customer, reason) values ('call-100', 'customer-0', 'r')`,
  );
}

/** As the release before records usage, by a statement that it has prepared. */
const recordAsBefore = (id: string, client: Client) =>
  client.query({
    name: 'insert_usage_events',
    text: `insert into usage_events (id, customer, model, occurred_at, content_hash)
           select $1, 'old', 'm', now(), '\\x00' on conflict do nothing returning id`,
    values: [id],
  });

const row = (id: string, customer: string) => aRow(id, { customer });

test('what was recorded stays where it is, is known by its id, and is sealed once', async () => {
  const file = async () =>
    (await owner.query(`select pg_relation_filenode($1)`, [await firstPart()])).rows;
  const firstPart = async () =>
    (await listUsagePartitions(owner).catch(() => []))[0]?.name ?? 'usage_events';
  const before = await file();
  expect(await migrate()).toContain(DIVIDED);
  expect(await file()).toEqual(before);
  const { commit } = createGroupCommit(pool);
  expect(await commit([row('call-7', 'customer-7'), row('call-7', 'customer-8')])).toEqual([
    'duplicate',
    'accepted',
  ]);
  await drainLedger(pool, 'customer-0');
  const { rows } = await owner.query(
    `select customer, sum(tokens)::int as tokens from usage_batches
      where customer in ('customer-0', 'customer-8') group by 1 order by 1`,
  );
  expect(rows).toEqual([
    { customer: 'customer-0', tokens: ROWS / 100 - 1 },
    { customer: 'customer-8', tokens: ROWS / 100 + 1 },
  ]);
  expect(await migrate()).toContain('up to date');
});

test('partitions of the next three months are there, without a gap', async () => {
  await migrate();
  const partitions = await listUsagePartitions(pool);
  const [first, ...others] = partitions;
  expect(first?.starts).toBeNull();
  expect(others.map(({ starts }) => starts)).toEqual(
    partitions.slice(0, -1).map(({ ends }) => ends),
  );
  const lastEnd = Date.parse(partitions.at(-1)?.ends ?? '');
  expect(lastEnd - Date.now()).toBeGreaterThan(80 * 86_400_000);
});

test('usage is recorded by both releases all the while, none lost, and none refused', async () => {
  const old = new Client({ connectionString: database.appUrl });
  await old.connect();
  let isMigrated = false;
  const recordAll = async (record: (index: number) => Promise<unknown>): Promise<number> => {
    let count = 0;
    while (!isMigrated || count === 0) await record(count++);
    await record(count++);
    return count;
  };
  const { commit } = createGroupCommit(pool);
  const recording = Promise.all([
    recordAll(async (index) => expect((await recordAsBefore(`o${index}`, old)).rowCount).toBe(1)),
    migrate().finally(() => (isMigrated = true)),
  ]);
  const [recordedByOld] = await recording;
  const fresh = await recordAll(async (index) =>
    expect(await commit([row(`n${index}`, 'new')])).toEqual(['accepted']),
  );
  await old.end();
  const { rows } = await owner.query(
    `select customer, count(*)::int as events from usage_events
      where customer in ('old', 'new') group by 1 order by 1`,
  );
  expect(rows).toEqual([
    { customer: 'new', events: fresh },
    { customer: 'old', events: recordedByOld },
  ]);
});

test('while a long reading lasts usage is recorded, and the change is made after it', async () => {
  const reader = new Client({ connectionString: database.url });
  await reader.connect();
  await reader.query('begin');
  await reader.query('select count(*) from usage_events');
  const migrating = migrate();
  const isWaiting = `select from pg_locks
                      where not granted and relation = to_regclass('usage_events')`;
  await eventually(
    async () => (await owner.query(isWaiting)).rowCount,
    (count) => count !== 0,
  );
  // It waits behind the migration until that gives up; the reader goes on all the while.
  const old = new Client({ connectionString: database.appUrl });
  await old.connect();
  expect((await recordAsBefore('meanwhile', old)).rowCount).toBe(1);
  await reader.query('rollback');
  await reader.end();
  expect(await migrating).toContain(DIVIDED);
  expect((await recordAsBefore('meanwhile', old)).rowCount).toBe(0);
  await old.end();
});

test('an attempt that was ended long ago is begun anew, with an end that is still to come', async () => {
  await owner.query(
    `alter table usage_events add constraint usage_events_first_ends
       check (recorded_at >= '-infinity' and recorded_at < '2100-01-01Z') not valid`,
  );
  await migrate();
  const [first] = await listUsagePartitions(owner);
  expect(Date.parse(first?.ends ?? '') - Date.now()).toBeLessThan(40 * 86_400_000);
});

test('two that start at once: one does it, and the other finds it done', async () => {
  const answers = await Promise.all([migrate(), migrate()]);
  expect(answers.filter((answer) => answer.includes(DIVIDED))).toHaveLength(1);
});

test('the doctor tells when the last month is near, and not before', async () => {
  await migrate();
  const look = databaseChecks(owner).find(({ name }) => name === 'the partitions of the ledger');
  expect(await look?.look()).toEqual([]);
  for (const { name } of (await listUsagePartitions(owner)).slice(1))
    await owner.query(`drop table ${name}`);
  await owner.query(
    `alter table usage_events detach partition usage_events_first;
     create table usage_events_ending partition of usage_events
       for values from ('-infinity') to (now() + interval '20 days')`,
  );
  expect(await look?.look()).toEqual([
    expect.objectContaining({
      severity: 'critical',
      what: expect.stringMatching(/has partitions for \d+ days only/) as string,
    }),
  ]);
});

test('a ledger without a partition for today gets one from whoever records usage', async () => {
  await migrate();
  await grantAppRole(database.url, APP_ROLE);
  // As one that was restored after it had stood still for months.
  await owner.query('alter table usage_events detach partition usage_events_first');
  for (const { name } of await listUsagePartitions(owner)) await owner.query(`drop table ${name}`);
  await owner.query(
    `create table usage_events_old partition of usage_events
       for values from ('-infinity') to (date_trunc('month', now() - interval '100 days', 'UTC'))`,
  );
  const { commit } = createGroupCommit(pool);
  expect(await commit([row('new', 'ada')])).toEqual(['accepted']);
  expect((await listUsagePartitions(pool)).length).toBeGreaterThan(4);
});
