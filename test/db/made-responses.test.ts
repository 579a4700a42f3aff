/** Whose a response is is known for as long as the provider keeps it, and not for ever. */
import type { Pool } from 'pg';
import { hasMadeResponse, noteMadeResponses } from '../../src/db/made-responses';
import { createPool } from '../../src/db/pool';
import { createTestDatabase } from '../support/stack/database';
import type { TestDatabase } from '../support/stack/database';

let database: TestDatabase;
let pool: Pool;
beforeAll(async () => {
  database = await createTestDatabase();
  // As API and worker reach it.
  pool = createPool({ connectionString: database.appUrl });
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

const note = (id: string) => noteMadeResponses(pool, [{ customer: 'ada', id }]);
const isKnown = (id: string) => hasMadeResponse(pool, { customer: 'ada', id });

async function age(id: string, days: number): Promise<void> {
  const owner = createPool({ connectionString: database.url });
  await owner.query(
    'update made_responses set made_at = now() - make_interval(days => $2) where id = $1',
    [id, days],
  );
  await owner.end();
}

test('one of two months ago is forgotten as the next is noted, one of last month is not', async () => {
  for (const id of ['resp_old', 'resp_recent']) await note(id);
  await age('resp_old', 61);
  await age('resp_recent', 31);
  await note('resp_new');
  expect(await Promise.all(['resp_old', 'resp_recent', 'resp_new'].map(isKnown))).toEqual([
    ...[false, true, true],
  ]);
});
