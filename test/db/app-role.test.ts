/**
 * Goal: who takes API or worker over can neither rewrite what was used and decided, nor the schema.
 * (That the role suffices is shown by every journey: test/support/stack/product.ts runs as it.)
 */
import { Client } from 'pg';
import type { Pool } from 'pg';
import { appendAuditEntry } from '../../src/db/audit-entries';
import { APP_PRIVILEGES, grantAppRole } from '../../src/db/app-role';
import { createPool } from '../../src/db/pool';
import { APP_ROLE, createTestDatabase } from '../support/stack/database';
import type { TestDatabase } from '../support/stack/database';

let database: TestDatabase;
let owner: Pool;
let app: Pool;
beforeAll(async () => {
  database = await createTestDatabase();
  owner = createPool({ connectionString: database.url });
  app = createPool({ connectionString: database.appUrl });
  await appendAuditEntry(app, { customer: 'ada', key: 'a', kind: 'plan_changed', detail: {} });
});
afterAll(async () => {
  await owner.end();
  await app.end();
  await database.drop();
});

const DENIED = { code: '42501' };
const tables = async () => {
  const { rows } = await owner.query<{ tablename: string }>(
    `select relname as tablename from pg_class
      where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')
        and not relispartition and relname <> 'migrations'`,
  );
  return rows.map(({ tablename }) => tablename).sort();
};

test('every table has its rights told, and none is told that is not there', async () => {
  expect(Object.keys(APP_PRIVILEGES).sort()).toEqual(await tables());
});

test.each(['audit_entries', 'usage_events', 'usage_batches', 'vendor_entries', 'token_grants'])(
  'rows of %s are neither changed nor removed by it',
  async (table) => {
    await expect(app.query(`delete from ${table}`)).rejects.toMatchObject(DENIED);
    await expect(app.query(`truncate ${table}`)).rejects.toMatchObject(DENIED);
    await expect(app.query(`update ${table} set customer = 'x'`)).rejects.toMatchObject(DENIED);
  },
);

test('of a grant nothing but its end is moved by it', async () => {
  const end = 'update token_grants set expires_at = now()';
  expect((await app.query(end)).command).toBe('UPDATE');
  for (const field of ['tokens', 'customer', 'reason'])
    await expect(app.query(`update token_grants set ${field} = null`)).rejects.toMatchObject(
      DENIED,
    );
});

test.each([
  'create table mine (a int)',
  'drop table audit_entries',
  'alter table audit_entries disable trigger all',
  'drop trigger audit_entries_append_only on audit_entries',
  'create or replace function refuse_change_of_audit_entries() returns trigger ' +
    `language plpgsql as 'begin return new; end'`,
  'create schema mine',
  'create role mine',
  "copy audit_entries to program 'cat'",
  'select * from migrations',
  'set session_replication_role = replica',
])('%s is not for it', async (statement) => {
  await expect(app.query(statement)).rejects.toMatchObject({ code: /^42501$|^55000$/ });
});

test('not even the owner changes the trail by mistake', async () => {
  const refused = { code: '42501', message: expect.stringContaining('append-only') as string };
  for (const statement of [
    `update audit_entries set detail = '{"tokens": 9}'`,
    'delete from audit_entries',
    'truncate audit_entries',
  ])
    await expect(owner.query(statement)).rejects.toMatchObject(refused);
});

test('rights that it was given by hand are taken again', async () => {
  await owner.query(`grant delete on usage_events to ${APP_ROLE}`);
  await grantAppRole(database.url, APP_ROLE);
  await expect(app.query('delete from usage_events')).rejects.toMatchObject(DENIED);
});

test('a role that is not there, a superuser: each is refused, and told what to do', async () => {
  await expect(grantAppRole(database.url, 'nobody_here')).rejects.toThrow(
    /There is no role nobody_here: make it first/,
  );
  const { user } = new Client({ connectionString: database.url });
  await expect(grantAppRole(database.url, String(user))).rejects.toThrow(/is a superuser/);
});
