/** What `/metrics` tells while the ledger can't be read: that, before anything else. */
import type { Pool } from 'pg';
import { createMetrics } from '../../src/metrics/api-metrics';
import { startTestApi } from '../support/api/api';

const away = async () => {
  throw new Error('connect ECONNREFUSED');
};

const told = (pool: Pool) =>
  createMetrics(pool, { rows: () => 0, calls: () => 0 }).registry.metrics();

test('a ledger that is away is told as 0, so that an alert fires though all its gauges are unknown', async () => {
  const text = await told({ query: away, connect: away } as unknown as Pool);
  expect(text).toContain('\ntollkeeper_ledger_reachable 0\n');
  expect(text).toContain('\ntollkeeper_sealing_lag_seconds Nan\n');
});

test('a ledger that is there is told as 1', async () => {
  const api = await startTestApi();
  const text = await told(api.pool).finally(() => api.close());
  expect(text).toContain('\ntollkeeper_ledger_reachable 1\n');
});
