/** Rows for the ledger, with what a test does not care about filled in, and one that is held. */
import type { Pool } from 'pg';
import type { LedgerRow } from '../../../src/db/usage-events';

export function aRow(id: string, overrides: Partial<LedgerRow> = {}): LedgerRow {
  return {
    id,
    customer: 'ada',
    model: 'gpt-4o-mini',
    vendor: null,
    tokens: { input: 1, output: 0, cacheRead: 0, cacheWrite: 0, reasoning: 0 },
    occurredAt: '2026-01-10T12:00:00.000Z',
    metadata: null,
    contentHash: '00',
    ...overrides,
  };
}

/**
 * Another transaction has written ada's usage event `held` meanwhile, and takes it back after
 * `work`: a statement with a row of that id waits for it.
 */
export async function whileHeld(pool: Pool, work: () => Promise<unknown>): Promise<void> {
  const other = await pool.connect();
  try {
    await other.query('begin');
    await other.query(`insert into usage_events (id, customer, model, occurred_at, content_hash)
      values ('held', 'ada', 'm', now(), '\\x00')`);
    await work();
  } finally {
    await other.query('rollback');
    other.release();
  }
}
