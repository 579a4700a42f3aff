/** A broken counter is refused before it can hurt; what it has left in a ledger does not hurt. */
import { emptyBillingState } from '../../../src/core/state/billing-state';
import { CUSTOMER_TOKENS_MAX, TOKENS_PER_COUNT_MAX } from '../../../src/core/usage/usage';
import { recordPeriods } from '../../../src/db/period-projection';
import { insertUsageEvents } from '../../../src/db/usage-events';
import { drainLedger } from '../../../src/ingest/sealing';
import type { TestApi } from '../../support/api/api';
import { startTestApi } from '../../support/api/api';
import { someTerms } from '../../support/builders/builders';
import { aStatement } from '../../support/builders/builders';
import { aRow } from '../../support/builders/ledger';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.close());

/** On the first day of January, which is where a projection to its end is furthest. */
async function aCustomer(customer: string): Promise<void> {
  const clock = `clock_${customer}`;
  await api.addCustomer(customer, clock);
  api.clocks.set(clock, new Date('2026-01-01T12:00:00Z'));
  await recordPeriods(api.pool, {
    customer,
    billingStatus: 'active',
    standing: emptyBillingState(customer).standing,
    dunningAccess: null,
    periods: [{ terms: someTerms(), statement: aStatement({ customer }) }],
  });
}

const NOTHING = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, reasoning: 0 };
const at = { occurredAt: '2026-01-01T10:00:00Z' };

async function usageOf(customer: string) {
  const response = await api.request(`/v1/customers/${customer}/usage`, { key: api.keys.read });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

test.each([
  ['trillions', '101 events of 10^12 tokens', 101, 1e12, 101e12],
  ['nine', '9 × 10^15 tokens', 9, 1e15, 9e15],
  ['beyond', 'more than any exact number', 19, 5e14, 9.5e15],
])(
  'usage of %s, with %s in the ledger, is shown',
  async (customer, _, events, tokens, usedTokens) => {
    await aCustomer(customer);
    const rows = Array.from({ length: events }, (_, number) =>
      aRow(`${customer}-${number}`, { customer, tokens: { ...NOTHING, input: tokens }, ...at }),
    );
    await insertUsageEvents(api.pool, rows);
    await drainLedger(api.pool, customer);
    expect(await usageOf(customer)).toMatchObject({ status: 200, body: { usedTokens } });
    const access = await api.request(`/v1/customers/${customer}/access`, { key: api.keys.read });
    expect(access.status).toBe(200);
  },
);

async function post(customer: string, id: string, count: number, events: number) {
  const tokens = { input: count, output: count, cacheRead: count, cacheWrite: count };
  const response = await api.postUsage({
    events: Array.from({ length: events }, (_, number) => ({
      ...{ id: `${id}-${number}`, customer, model: 'm', tokens },
    })),
  });
  return (await response.json()) as {
    accepted: number;
    results: { status: string; code?: string }[];
  };
}

test('a customer who would have more than can be is refused, before and after sealing', async () => {
  await aCustomer('ada');
  await aCustomer('bo');
  // 4 × 10^13 a request.
  expect((await post('ada', 'a', TOKENS_PER_COUNT_MAX, 1_000)).accepted).toBe(1_000);
  await drainLedger(api.pool, 'ada');
  expect((await post('ada', 'b', TOKENS_PER_COUNT_MAX, 1_000)).accepted).toBe(1_000);
  const refused = await post('ada', 'c', TOKENS_PER_COUNT_MAX, 1_000);
  expect(refused).toMatchObject({ accepted: 0 });
  expect(refused.results[0]).toMatchObject({ code: 'usage_too_large' });
  await drainLedger(api.pool, 'ada');
  expect((await post('ada', 'd', TOKENS_PER_COUNT_MAX, 1_000)).accepted).toBe(0);

  const { rows } = await api.pool.query<{ tokens: string }>(
    `select sum(tokens)::text as tokens from usage_daily where customer = 'ada'`,
  );
  expect(Number(rows[0]?.tokens)).toBeLessThanOrEqual(CUSTOMER_TOKENS_MAX);
  expect((await usageOf('ada')).status).toBe(200);
  // Small usage, and a neighbour, go on.
  expect((await post('ada', 'e', 1_000, 10)).accepted).toBe(10);
  expect((await post('bo', 'f', 1_000_000_000, 10)).accepted).toBe(10);
});
