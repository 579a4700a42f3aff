/** Goal: what a workflow tells is in outbox and audit trail, once and together. */
import type { Pool } from 'pg';
import { createLedgerActivities } from '../../activities';
import type { Activities } from '../../activities';
import type { NotifyRequest } from '../../activities/notifications';
import { planTerms } from '../../src/core/plans/catalog';
import { usageThresholdFact } from '../../src/core/dunning/notification';
import { readAuditEntries, verifyAuditChain } from '../../src/db/audit-entries';
import { createPool } from '../../src/db/pool';
import { loadCatalog } from '../../src/stripe/catalog-file';
import { createStripe } from '../../src/stripe/client';
import { aPeriod, JANUARY } from '../support/builders/builders';
import { changeTrail, createTestDatabase } from '../support/stack/database';
import type { TestDatabase } from '../support/stack/database';

let database: TestDatabase;
let pool: Pool;
let activities: Pick<Activities, 'notify'>;
let request: NotifyRequest;
const KEY = `usage-threshold:ada:${JANUARY}:80`;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool({ connectionString: database.url });
  const catalog = await loadCatalog('catalog.yaml');
  activities = createLedgerActivities({
    ...{ pool, catalog, stripe: createStripe({ secretKey: 'sk_test_none' }), now: Date.now },
    drainLedger: async () => 0,
    takeUsage: async () => [],
    signalStripeEvent: async () => undefined,
  });
  const period = aPeriod({ terms: planTerms(catalog, 'starter'), usedTokens: 80_000 });
  request = {
    customer: 'ada',
    type: 'usage.threshold_reached',
    fact: usageThresholdFact('ada', period, 80),
    channels: ['email', 'webhook'],
    decidedAt: Date.parse('2026-01-20T10:00:00Z'),
  };
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});
beforeEach(() =>
  changeTrail(pool, 'truncate notifications, notification_deliveries, audit_entries'),
);

const outbox = async () =>
  (
    await pool.query<{ key: string; channel: string; data: unknown; decided_at: Date }>(
      `select key, channel, data, decided_at from notifications
         join notification_deliveries using (key) order by key, channel`,
    )
  ).rows;

test('one row a channel, with names and currency, and an audit entry of the same', async () => {
  await activities.notify(request);
  const data = {
    customer: 'ada',
    plan: { id: 'starter', name: 'Starter' },
    period: { start: '2026-01-01T00:00:00Z', end: '2026-02-01T00:00:00Z' },
    ...{ thresholdPercent: 80, includedTokens: 100_000, usedTokens: 80_000, overageTokens: 0 },
    currency: 'usd',
    overageRates: [
      {
        id: 'overage_premium',
        name: 'Tokens of premium models over the allowance',
        pricePerMillionTokens: '40.00',
      },
      {
        id: 'overage_standard',
        name: 'Tokens over the allowance',
        pricePerMillionTokens: '3.00',
      },
    ],
  };
  const decided_at = new Date(request.decidedAt);
  expect(await outbox()).toEqual([
    { key: KEY, channel: 'email', data, decided_at },
    { key: KEY, channel: 'webhook', data, decided_at },
  ]);
  const entries = await readAuditEntries(pool, 'ada');
  expect(entries).toMatchObject([
    { key: KEY, kind: 'usage_threshold_reached', detail: { ...data, channels: request.channels } },
  ]);
});

test('told ten times at once, and later with more usage, it is there once, as first told', async () => {
  await Promise.all(Array.from({ length: 10 }, () => activities.notify(request)));
  const later = { ...request, fact: { ...request.fact, usedTokens: 99_000 }, decidedAt: 0 };
  await activities.notify({ ...later, channels: ['webhook'] });
  expect(await outbox()).toHaveLength(2);
  expect((await outbox())[0]).toMatchObject({ data: { usedTokens: 80_000 } });
  const entries = await readAuditEntries(pool, 'ada');
  expect(entries).toHaveLength(1);
  expect(verifyAuditChain(entries)).toEqual({ intact: true });
});

test('each period and each threshold is a notification of its own', async () => {
  await activities.notify(request);
  await activities.notify({ ...request, fact: { ...request.fact, percent: 100 } });
  await activities.notify({ ...request, fact: { ...request.fact, periodStart: JANUARY + 1 } });
  expect(new Set((await outbox()).map(({ key }) => key)).size).toBe(3);
});

test('where the audit entry can’t be written, nothing is told', async () => {
  await pool.query('alter table audit_entries rename to audit_entries_away');
  await expect(activities.notify(request)).rejects.toThrow(/audit_entries/);
  await pool.query('alter table audit_entries_away rename to audit_entries');
  expect(await outbox()).toEqual([]);
});
