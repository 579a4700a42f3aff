/**
 * Goal: a ledger of before, in use and with usage set aside, gets the new key of usage events
 * without losing, doubling or holding up any. Method: the command itself, on a database that stops
 * at the schema of before, while others read and write.
 */
import { Client } from 'pg';
import type { Pool } from 'pg';
import { createPool } from '../../src/db/pool';
import { createGroupCommit } from '../../src/ingest/group-commit';
import { drainLedger } from '../../src/ingest/sealing';
import { aRow } from '../support/builders/ledger';
import { createCopy, createEmptyDatabase } from '../support/stack/database';
import type { TestDatabase } from '../support/stack/database';
import { eventually } from '../support/stack/eventually';
import { migrateAt } from '../support/stack/migrate-at';

const BEFORE = '15';
const INDEXED = '16';
const KEYED = '17';

let databaseOfBefore: TestDatabase;
let database: TestDatabase;
let pool: Pool;
beforeAll(async () => {
  databaseOfBefore = await createEmptyDatabase();
  await migrateAt(databaseOfBefore.url, '--to', BEFORE);
  pool = createPool({ connectionString: databaseOfBefore.url });
  await fill();
  await pool.end();
});
afterAll(() => databaseOfBefore.drop());
beforeEach(async () => {
  database = await createCopy(databaseOfBefore);
  pool = createPool({ connectionString: database.url });
});
afterEach(async () => {
  await pool.end();
  await database.drop();
});

const migrate = (...options: string[]) => migrateAt(database.url, ...options);

const ROWS = 20_000;

/** Rows as 0.1.0 wrote them, of a hundred customers, and one that was set aside. */
async function fill(): Promise<void> {
  await pool.query(
    `insert into usage_events (id, customer, model, input, occurred_at, content_hash)
     select 'call-' || n, 'customer-' || n % 100, 'm', 1, now(), '\\x00'
       from generate_series(1, $1::int) as n`,
    [ROWS],
  );
  await pool.query(
    `insert into usage_quarantine (id, customer, reason) values ('call-100', 'customer-0', 'r')`,
  );
}

const row = (id: string, customer: string) => aRow(id, { customer });
const keyColumns = async (table: string) =>
  (
    await pool.query<{ definition: string }>(
      `select pg_get_constraintdef(oid) as definition from pg_constraint
        where conrelid = to_regclass($1) and contype in ('p', 'f') order by contype desc`,
      [table],
    )
  ).rows.map(({ definition }) => definition);

test('rows of before are duplicates of themselves, and other customers may have their ids', async () => {
  expect(await migrate('--to', KEYED)).toContain(
    '0016_ids_of_customers, 0017_events_known_by_customer',
  );
  expect(await keyColumns('usage_events')).toEqual(['PRIMARY KEY (customer, id)']);
  expect(await keyColumns('usage_quarantine')).toEqual([
    'PRIMARY KEY (customer, id)',
    'FOREIGN KEY (customer, id) REFERENCES usage_events(customer, id)',
  ]);
  await migrate();
  const { commit } = createGroupCommit(pool);
  expect(await commit([row('call-7', 'customer-7'), row('call-7', 'customer-8')])).toEqual([
    'duplicate',
    'accepted',
  ]);
  // What was set aside stays so: one of its customer's two hundred is in no batch.
  await drainLedger(pool, 'customer-0');
  const { rows } = await pool.query(
    `select tokens::int from usage_batches where customer = 'customer-0'`,
  );
  expect(rows).toEqual([{ tokens: ROWS / 100 - 1 }]);
  expect(await migrate()).toContain('up to date');
});

test('between the two steps both releases record usage, and an id is still everybody’s', async () => {
  expect(await migrate('--to', INDEXED)).toContain('0016');
  const { commit } = createGroupCommit(pool);
  const [theirs, ours] = [row('call-7', 'customer-8'), row('new', 'customer-8')];
  expect(await commit([theirs, ours])).toEqual(['conflict', 'accepted']);
  // As the release of before says it.
  await pool.query(
    `insert into usage_events (id, customer, model, occurred_at, content_hash)
     values ('new', 'customer-8', 'm', now(), '\\x00') on conflict (id) do nothing`,
  );
  await migrate();
  expect(await commit([theirs, ours])).toEqual(['accepted', 'duplicate']);
});

test('an index that an ended attempt left behind is built anew', async () => {
  await pool.query('create unique index usage_events_customer_id on usage_events (customer, id)');
  await pool.query(
    `update pg_index set indisvalid = false
      where indexrelid = 'usage_events_customer_id'::regclass`,
  );
  await migrate();
  const { rows } = await pool.query(
    `select indisvalid from pg_index where indexrelid = 'usage_events_pkey'::regclass`,
  );
  expect(rows).toEqual([{ indisvalid: true }]);
});

test('while a long reading lasts usage is recorded, and the key is changed after it', async () => {
  await migrate('--to', INDEXED);
  const reader = new Client({ connectionString: database.url });
  await reader.connect();
  await reader.query('begin');
  await reader.query('select count(*) from usage_events');
  const migrating = migrate();
  const isWaiting = `select from pg_locks where not granted and relation = 'usage_events'::regclass`;
  const waits = async () => (await pool.query(isWaiting)).rowCount;
  await eventually(waits, (count) => count !== 0);
  // It waits behind the migration until that gives up; the reader goes on all the while.
  const { commit } = createGroupCommit(pool);
  expect(await commit([row('meanwhile', 'customer-1')])).toEqual(['accepted']);
  await reader.query('rollback');
  await reader.end();
  expect(await migrating).toContain('0017');
  expect(await commit([row('meanwhile', 'customer-2')])).toEqual(['accepted']);
});

test('two that start at once: one does it, and the other finds it done', async () => {
  const answers = await Promise.all([migrate('--to', KEYED), migrate('--to', KEYED)]);
  expect(answers.filter((answer) => answer.includes('0017'))).toHaveLength(1);
  expect(await keyColumns('usage_events')).toEqual(['PRIMARY KEY (customer, id)']);
});
