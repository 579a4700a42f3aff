/** GET …/margin as an operator reads it. */
import { emptyBillingState } from '../../../src/core/state/billing-state';
import { recordPeriods } from '../../../src/db/period-projection';
import { insertUsageEvents } from '../../../src/db/usage-events';
import type { TestApi } from '../../support/api/api';
import { startTestApi } from '../../support/api/api';
import { FEBRUARY, JANUARY, someTerms } from '../../support/builders/builders';
import { aRow } from '../../support/builders/ledger';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
  await api.addCustomer('ada');
  await recordPeriods(api.pool, {
    ...{ customer: 'ada', billingStatus: 'active', dunningAccess: null },
    standing: emptyBillingState('ada').standing,
    periods: [
      {
        terms: someTerms(),
        statement: {
          ...{ customer: 'ada', planId: 'starter', periodStart: JANUARY, periodEnd: FEBRUARY },
          ...{ phase: 'open', includedTokens: 100_000, usedTokens: 150_000, overageTokens: 50_000 },
          rates: [
            {
              ...{ rateId: 'overage_standard', pricePerMillionTokens: '3.00', amountCents: '15' },
              ...{ tokens: 50_000, reportedTokens: 50_000 },
            },
          ],
          ...{ unpricedTokens: 0, grantUses: {}, late: [], lateItems: [], invoice: null },
        },
      },
    ],
  });
  const tokens = { input: 150_000, output: 0, cacheRead: 0, cacheWrite: 0, reasoning: 0 };
  const occurredAt = new Date((JANUARY + 3600) * 1000).toISOString();
  await insertUsageEvents(api.pool, [
    aRow('one', { customer: 'ada', model: 'gpt-4o-mini', tokens, occurredAt }),
  ]);
});
afterAll(() => api.close());

const ask = async (query = '', key = api.keys.admin, customer = 'ada') => {
  const response = await api.request(`/v1/customers/${customer}/margin${query}`, { key });
  return { status: response.status, answer: (await response.json()) as Record<string, unknown> };
};

test("a period's revenue, cost and margin, by the catalog's cost book", async () => {
  const { status, answer } = await ask();
  expect(status).toBe(200);
  expect(answer).toMatchObject({
    ...{ plan: 'starter', currency: 'usd', modelsWithoutCost: [], unassignedRevenueCents: '0' },
    period: { start: '2026-01-01T00:00:00Z', end: '2026-02-01T00:00:00Z' },
    byModel: [{ model: 'gpt-4o-mini', tokens: { input: 150_000 }, billableTokens: 50_000 }],
    totals: {
      ...{ revenueCents: '2915', knownCostCents: '2.25', marginCents: '2912.75' },
      marginPercent: '99.9',
    },
  });
});

test('a period is asked for by its start, and one that there is not is told', async () => {
  expect((await ask('?period=2026-01-01T00:00:00Z')).answer.plan).toBe('starter');
  expect(await ask('?period=previous')).toMatchObject({
    ...{ status: 404, answer: { code: 'period_not_found' } },
  });
});

test('what we earn is for keys of scope admin alone', async () => {
  expect((await ask('', api.keys.read)).status).toBe(403);
  expect(await ask('', api.keys.admin, 'nobody')).toMatchObject({
    ...{ status: 404, answer: { code: 'customer_not_found' } },
  });
});
