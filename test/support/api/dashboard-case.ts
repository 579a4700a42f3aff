/** A customer half-way through February and over the allowance, for the tests of the page. */
import { emptyBillingState } from '../../../src/core/state/billing-state';
import { recordPeriods } from '../../../src/db/period-projection';
import { insertUsageEvents } from '../../../src/db/usage-events';
import { drainLedger } from '../../../src/ingest/sealing';
import type { TestApi } from './api';
import { anOverage, aStatement, FEBRUARY, MARCH, someTerms } from '../builders/builders';
import { aRow } from '../builders/ledger';

export const HOSTILE = `<script>alert('x')</script>"&`;

/**
 * ada: January paid; of February, which is half over, 150,000 of 100,000 tokens used. new: nothing
 * yet.
 */
export async function fillDashboard(api: TestApi): Promise<void> {
  await api.addCustomer('ada', 'clock_1');
  await api.addCustomer('new');
  await api.pool.query(`update customers set name = $1 where customer = 'ada'`, [HOSTILE]);
  api.clocks.set('clock_1', new Date('2026-02-15T00:00:00Z'));
  const invoice = { id: 'in_jan', status: 'paid', totalCents: 2900 };
  const january = { phase: 'paid', invoice } as const;
  const february = {
    ...{ periodStart: FEBRUARY, periodEnd: MARCH, usedTokens: 150_000, overageTokens: 50_000 },
    rates: [anOverage()],
  };
  await recordPeriods(api.pool, {
    customer: 'ada',
    billingStatus: 'active',
    standing: emptyBillingState('ada').standing,
    dunningAccess: null,
    periods: [
      { terms: someTerms(), statement: aStatement(january) },
      { terms: someTerms(), statement: aStatement(february) },
    ],
  });
  const tokens = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, reasoning: 0 };
  await insertUsageEvents(api.pool, [
    aRow('f1', { tokens: { ...tokens, input: 149_000 }, occurredAt: '2026-02-03T00:00:00Z' }),
    aRow('f2', {
      model: HOSTILE,
      tokens: { ...tokens, output: 1_000 },
      occurredAt: '2026-02-10T08:00:00Z',
    }),
  ]);
  await drainLedger(api.pool, 'ada');
}

/** A link to the page of `customer`. */
export async function linkTo(api: TestApi, customer: string, body: unknown = {}): Promise<string> {
  const response = await api.request(`/v1/customers/${customer}/dashboard-link`, {
    ...{ method: 'POST', key: api.keys.read, body: JSON.stringify(body) },
    headers: { 'content-type': 'application/json' },
  });
  return ((await response.json()) as { url: string }).url;
}
