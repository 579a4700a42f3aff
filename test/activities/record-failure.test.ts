/**
 * Goal: what Postgres refuses to store, for whatever reason, is told at once, not tried for ever;
 * an outage is waited for.
 */
import { ApplicationFailure } from '@temporalio/common';
import type { Pool } from 'pg';
import { recording } from '../../activities/record-failure';
import { createPool } from '../../src/db/pool';
import { createTestDatabase } from '../support/stack/database';
import type { TestDatabase } from '../support/stack/database';

let database: TestDatabase;
let pool: Pool;
beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool({ connectionString: database.url });
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

const failureOf = (of: Pool, sql: string, values: readonly unknown[] = []): Promise<unknown> =>
  recording(() => of.query(sql, [...values])).then(
    () => undefined,
    (error: unknown) => error,
  );

test.each<[string, string, string, readonly unknown[]]>([
  ['half an emoji in jsonb', '22P02', 'select $1::jsonb', ['{"reason":"sorry \\ud83d"}']],
  ['a zero character in jsonb', '22P05', `select $1::jsonb->>'a'`, ['{"a":"\\u0000"}']],
  ['a zero character in text', '22021', 'select $1::text', ['a\u0000b']],
  ['a number too large', '22003', 'select $1::numeric::int', ['9500000000000000']],
  [
    'a grant of nothing',
    '23514',
    `insert into token_grants (customer, id, tokens, since, reason)
     values ('ada', 'g', 0, now(), 'sorry')`,
    [],
  ],
])('%s is refused for good, by its code (%s)', async (_what, code, sql, values) => {
  const failure = await failureOf(pool, sql, values);
  expect(failure).toBeInstanceOf(ApplicationFailure);
  expect(failure).toMatchObject({ type: 'record_refused', nonRetryable: true });
  expect((failure as Error).message).toContain(`SQLSTATE ${code}`);
  // The values are nobody's business who reads a history.
  for (const value of values) expect((failure as Error).message).not.toContain(value);
});

test('a database that is not there, or too busy, is waited for', async () => {
  const gone = createPool({ connectionString: 'postgres://nobody@127.0.0.1:1/none' });
  for (const failure of [
    await failureOf(gone, 'select 1'),
    await failureOf(pool, `do $$ begin raise exception using errcode = '40P01'; end $$`),
    await failureOf(pool, `do $$ begin raise exception using errcode = '57P01'; end $$`),
  ]) {
    expect(failure).toHaveProperty('code');
    expect(failure).not.toBeInstanceOf(ApplicationFailure);
  }
  await gone.end();
});
