/** What customers and operators read: usage, access, invoices, audit. */
import { emptyBillingState } from '../../../src/core/state/billing-state';
import { appendAuditEntry } from '../../../src/db/audit-entries';
import { recordPeriods } from '../../../src/db/period-projection';
import { insertUsageEvents } from '../../../src/db/usage-events';
import { drainLedger } from '../../../src/ingest/sealing';
import type { TestApi } from '../../support/api/api';
import { startTestApi } from '../../support/api/api';
import { anOverage, aStatement, FEBRUARY, MARCH, someTerms } from '../../support/builders/builders';
import { aRow } from '../../support/builders/ledger';

let api: TestApi;

beforeAll(async () => {
  api = await startTestApi();
  await api.addCustomer('ada', 'clock_1');
  await api.addCustomer('new');
  api.clocks.set('clock_1', new Date('2026-02-15T00:00:00Z'));
  await recordPeriods(api.pool, {
    customer: 'ada',
    billingStatus: 'active',
    standing: emptyBillingState('ada').standing,
    dunningAccess: null,
    periods: [
      {
        terms: someTerms(),
        statement: aStatement({
          phase: 'paid',
          usedTokens: 150_000,
          overageTokens: 50_000,
          rates: [anOverage()],
          invoice: { id: 'in_feb', status: 'paid', totalCents: 2915 },
        }),
      },
      { terms: someTerms(), statement: aStatement({ periodStart: FEBRUARY, periodEnd: MARCH }) },
    ],
  });
  const tokens = (input: number) => ({
    input,
    output: 0,
    cacheRead: 0,
    cacheWrite: 0,
    reasoning: 0,
  });
  await insertUsageEvents(api.pool, [
    aRow('j1', { tokens: tokens(149_999), occurredAt: '2026-01-10T12:00:00Z' }),
    aRow('j2', { tokens: tokens(1), occurredAt: '2026-01-31T23:59:59.999Z' }),
    aRow('j3', { tokens: tokens(777), vendor: 'acme', occurredAt: '2026-01-20T00:00:00Z' }),
    aRow('f1', { tokens: tokens(90_000), occurredAt: '2026-02-01T00:00:00Z' }),
  ]);
  await drainLedger(api.pool, 'ada');
});

afterAll(() => api.close());

async function get(path: string, key = api.keys.read) {
  const response = await api.request(path, { key });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

test("Starter with 150,000 tokens: 50,000 over, $29.15, and vendors' usage apart", async () => {
  expect(await get('/v1/customers/ada/usage?period=previous')).toEqual({
    status: 200,
    body: {
      plan: 'starter',
      period: { start: '2026-01-01T00:00:00Z', end: '2026-02-01T00:00:00Z' },
      includedTokens: 100_000,
      usedTokens: 150_000,
      grantedTokens: 0,
      overageTokens: 50_000,
      allowanceUsedPercent: 150,
      byModel: [
        { model: 'gpt-4o-mini', tokenType: 'input', tokens: 150_000 },
        { model: 'gpt-4o-mini', tokenType: 'input', vendor: 'acme', tokens: 777 },
      ],
      byDay: [
        { day: '2026-01-10', tokens: 149_999 },
        { day: '2026-01-20', tokens: 777 },
        { day: '2026-01-31', tokens: 1 },
      ],
      projection: {
        ...{ tokens: 150_000, grantedTokens: 0, overageTokens: 50_000 },
        amountCents: 2915,
      },
      amountDueCents: 2915,
      discounts: [],
      currency: 'usd',
      unbilled: [],
      access: expect.objectContaining({ state: 'warned', upgrade: 'pro' }),
    },
  });
});

test('the current period is projected to its end at the pace so far', async () => {
  const { body } = await get('/v1/customers/ada/usage');
  // 14 of 28 days: 180,000 tokens, 80,000 over, 24 cents.
  expect(body).toMatchObject({
    usedTokens: 90_000,
    allowanceUsedPercent: 90,
    projection: { tokens: 180_000, overageTokens: 80_000, amountCents: 2924 },
    access: { state: 'warned', reasons: [{ code: 'allowance_warning' }] },
  });
  expect(await get('/v1/customers/ada/usage?period=2026-02-01T00:00:00Z')).toMatchObject({ body });
});

test.each([
  ['/v1/customers/nobody/usage', 404, 'customer_not_found'],
  ['/v1/customers/new/usage', 404, 'period_not_found'],
  ['/v1/customers/ada/usage?period=2025-01-01T00:00:00Z', 404, 'period_not_found'],
  ['/v1/customers/ada/usage?period=yesterday', 422, 'invalid_request'],
  ['/v1/nothing', 404, 'not_found'],
])('%s is a problem', async (path, status, code) => {
  expect(await get(path)).toMatchObject({ status, body: { status, code } });
});

test('reading needs the scope read', async () => {
  expect((await get('/v1/customers/ada/usage', api.keys.ingest)).status).toBe(403);
});

test('access before the first period is ok', async () => {
  expect(await get('/v1/customers/new/access')).toEqual({
    status: 200,
    body: { state: 'ok', reasons: [] },
  });
});

test('invoices are listed with the period they bill', async () => {
  const { body } = await get('/v1/customers/ada/invoices');
  expect(body.invoices).toMatchObject([{ id: 'in_feb', totalCents: 2915, plan: 'starter' }]);
});

test('the audit trail comes as NDJSON, or as CSV that no spreadsheet runs', async () => {
  const detail = { note: 'a "quoted", thing' };
  await appendAuditEntry(api.pool, { customer: 'ada', key: '=1+1', kind: 'noted', detail });
  const read = async (accept: string) =>
    (
      await api.request('/v1/customers/ada/audit', { key: api.keys.read, headers: { accept } })
    ).text();
  const lines = (await read('*/*')).trim().split('\n');
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([{ key: '=1+1', detail }]);
  const csv = await read('text/csv');
  expect(csv).toContain(`noted,'=1+1,"{""note"":""a \\""quoted\\"", thing""}"`);
});

test('health, readiness and metrics', async () => {
  expect((await fetch(`${api.url}/healthz`)).status).toBe(200);
  expect((await fetch(`${api.url}/readyz`)).status).toBe(200);
  const metrics = await (await api.request('/metrics', { key: api.keys.read })).text();
  expect(metrics).toContain('tollkeeper_unsealed_usage_events 0');
  expect(metrics).toContain('tollkeeper_unforwarded_customers 1');
});
