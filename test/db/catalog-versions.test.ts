/** What was sold is kept: each version once, found by its id, newest first, and never replaced. */
import type { Pool } from 'pg';
import type { Catalog } from '../../src/core/plans/catalog';
import {
  describePlan,
  findCatalogVersion,
  listCatalogVersions,
  storeCatalogVersion,
} from '../../src/db/catalog-versions';
import { createPool } from '../../src/db/pool';
import { loadCatalog } from '../../src/stripe/catalog-file';
import { asVersion } from '../../src/stripe/catalog-version';
import { createTestDatabase } from '../support/stack/database';
import type { TestDatabase } from '../support/stack/database';

let database: TestDatabase;
let pool: Pool;
let file: Catalog;
beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool({ connectionString: database.url });
  file = await loadCatalog('catalog.yaml');
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});
beforeEach(() => pool.query('truncate catalog_versions'));

const starterWith = (change: Partial<Catalog['plans'][number]>): Catalog => ({
  ...file,
  plans: file.plans.map((plan) => (plan.id === 'starter' ? { ...plan, ...change } : plan)),
});
const withoutStarter = (): Catalog => ({
  ...file,
  plans: file.plans.filter(({ id }) => id !== 'starter'),
});

test('a version is read as it was stored, and another is none', async () => {
  const sold = asVersion(file);
  await storeCatalogVersion(pool, sold);
  expect(await findCatalogVersion(pool, sold.version)).toEqual(JSON.parse(JSON.stringify(sold)));
  expect(await findCatalogVersion(pool, 'nothing')).toBeUndefined();
});

test('versions are listed newest first, each once', async () => {
  const dearer = starterWith({ monthlyPriceCents: 3900 });
  for (const catalog of [file, dearer, file]) await storeCatalogVersion(pool, asVersion(catalog));
  expect((await listCatalogVersions(pool)).map(({ version }) => version)).toEqual(
    [dearer, file].map((catalog) => asVersion(catalog).version),
  );
});

test('a new name or feature is no new version, and what is described from then on', async () => {
  await storeCatalogVersion(pool, asVersion(file));
  await storeCatalogVersion(pool, asVersion(starterWith({ name: 'Beginner', features: ['sso'] })));
  expect(await listCatalogVersions(pool)).toHaveLength(1);
  expect(await describePlan(pool, withoutStarter(), 'starter')).toMatchObject({
    name: 'Beginner',
    features: ['sso'],
  });
});

test('a plan is described by the file while it is there, then by the newest that had it', async () => {
  const former = starterWith({ monthlyPriceCents: 1900, name: 'Former' });
  for (const catalog of [former, file, withoutStarter()])
    await storeCatalogVersion(pool, asVersion(catalog));
  expect(await describePlan(pool, former, 'starter')).toMatchObject({ name: 'Former' });
  expect(await describePlan(pool, withoutStarter(), 'starter')).toMatchObject({ name: 'Starter' });
  expect(await describePlan(pool, file, 'gold')).toBeUndefined();
});
