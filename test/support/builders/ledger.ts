/** Rows for the ledger, with what a test does not care about filled in. */
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
