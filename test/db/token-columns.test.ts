/** The columns that are made from the token types are those that the ledger has. */
import type { Pool } from 'pg';
import { TOKEN_TYPES } from '../../src/core/usage/usage';
import { createPool } from '../../src/db/pool';
import { ROW_BY_TOKEN_TYPE, tokenColumn } from '../../src/db/token-columns';
import { insertUsageEvents } from '../../src/db/usage-events';
import { createTestDatabase } from '../support/stack/database';
import type { TestDatabase } from '../support/stack/database';
import { aRow } from '../support/builders/ledger';

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

test('the ledger has a column for each token type, and no other count', async () => {
  const { rows } = await pool.query<{ name: string }>(
    `select column_name as name from information_schema.columns
      where table_name = 'usage_events' and data_type = 'bigint' order by ordinal_position`,
  );
  expect(rows.map(({ name }) => name)).toEqual(TOKEN_TYPES.map(tokenColumn));
});

test('each count is written to the column of its type, and read back under its name', async () => {
  const tokens = { input: 3, output: 5, cacheRead: 7, cacheWrite: 11, reasoning: 13 };
  await insertUsageEvents(pool, [aRow('primes', { tokens })]);
  const { rows } = await pool.query<{ type: string; tokens: number }>(
    `select token_type as type, tokens::int as tokens
       from usage_events ${ROW_BY_TOKEN_TYPE} where id = 'primes'`,
  );
  expect(Object.fromEntries(rows.map((row) => [row.type, row.tokens]))).toEqual(tokens);
});
