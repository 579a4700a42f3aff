/** A plan that has left the file: its customers have its features, its advice and its name. */
import { checkCatalog, compareWithCustomers } from '../../../src/cli/plans/catalog-check';
import { againstText } from '../../../src/cli/plans/catalog-check';
import type { Catalog } from '../../../src/core/plans/catalog';
import { planTerms } from '../../../src/core/plans/catalog';
import { emptyBillingState } from '../../../src/core/state/billing-state';
import { countInPeriod } from '../../../src/core/counting/counting';
import { withGrant } from '../../../src/core/counting/grants';
import type { PlanTerms } from '../../../src/core/plans/plan';
import { statementOf } from '../../../src/core/invoices/statement';
import { dashboardView } from '../../../src/api/dashboard/dashboard-view';
import { requireCustomer } from '../../../src/api/customers/customer-period';
import { storeCatalogVersion } from '../../../src/db/catalog-versions';
import { recordPeriods } from '../../../src/db/period-projection';
import { inTransaction } from '../../../src/db/pool';
import { insertGrant } from '../../../src/db/token-grants';
import { insertUsageEvents } from '../../../src/db/usage-events';
import { loadCatalog } from '../../../src/stripe/catalog-file';
import { asVersion } from '../../../src/stripe/catalog-version';
import type { TestApi } from '../../support/api/api';
import { startTestApi } from '../../support/api/api';
import { aLine, FEBRUARY, JANUARY } from '../../support/builders/builders';
import { aRow } from '../../support/builders/ledger';
import { openPeriod } from '../../../src/core/state/periods';

let sold: Catalog;
let file: Catalog;
let api: TestApi;
beforeAll(async () => {
  sold = await loadCatalog('catalog.yaml');
  const plans = sold.plans.filter(({ id }) => id !== 'starter');
  file = { ...sold, plans };
  api = await startTestApi({ catalog: file });
  await storeCatalogVersion(api.pool, asVersion(sold));
  await storeCatalogVersion(api.pool, asVersion(file));
});
afterAll(() => api.close());
afterEach(() => {
  process.exitCode = undefined;
});

const NO_TOKENS = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, reasoning: 0 };

async function aCustomer(customer: string, used: number, granted = 0, terms?: PlanTerms) {
  const { pool } = api;
  await api.addCustomer(customer, 'clock_1');
  api.clocks.set('clock_1', new Date('2026-01-16T12:00:00Z'));
  const asSold = { ...planTerms(sold, 'starter'), catalogVersion: asVersion(sold).version };
  const period = openPeriod({ start: JANUARY, end: FEBRUARY }, terms ?? asSold);
  const opened = { ...emptyBillingState(customer), periods: [period] };
  const grant = { id: 'goodwill', tokens: granted, expiresAt: null };
  const state = countInPeriod(granted > 0 ? withGrant(opened, grant) : opened, aLine(used));
  await recordPeriods(pool, {
    ...{ customer, billingStatus: 'active', standing: state.standing, dunningAccess: null },
    periods: state.periods.map((one) => ({ terms: one.terms, statement: statementOf(state, one) })),
  });
  const [given] = state.grants;
  if (given) await inTransaction(pool, (client) => insertGrant(client, customer, given, 'sorry'));
  const tokens = { ...NO_TOKENS, input: used };
  await insertUsageEvents(pool, [
    aRow(customer, { customer, tokens, occurredAt: '2026-01-02T00:00:00Z' }),
  ]);
}

async function get(path: string) {
  const response = await api.request(`/v1/customers/${path}`, { key: api.keys.read });
  expect(response.status).toBe(200);
  return (await response.json()) as Record<string, unknown>;
}

test('features, advice and name are those of the newest catalog that had it', async () => {
  await aCustomer('ada', 320_000);
  const starter = sold.plans.find(({ id }) => id === 'starter');
  expect(await get('ada')).toMatchObject({ plan: 'starter', features: starter?.features });
  const throttled = { state: 'throttled', upgrade: 'pro' };
  expect(await get('ada/access')).toMatchObject(throttled);
  expect((await get('ada/usage')).access).toMatchObject(throttled);
  const clocks = { now: async () => new Date('2026-01-16T12:00:00Z') };
  const ada = await requireCustomer(api.pool, 'ada');
  const { billing } = await dashboardView(
    { pool: api.pool, catalog: file, clocks },
    ada,
    undefined,
  );
  expect(billing?.planName).toBe(starter?.name);
});

test('a plan that no stored catalog has is told, and nothing is made up', async () => {
  await aCustomer('bo', 320_000);
  await api.pool.query(`update customers set plan = 'gold' where customer = 'bo'`);
  const told = { state: 'ok', reasons: [{ code: 'plan_unknown' }] };
  expect(await get('bo/access')).toMatchObject(told);
  expect((await get('bo/usage')).access).toMatchObject(told);
});

test('who has a grant for what goes beyond the allowance is not throttled', async () => {
  await aCustomer('cy', 400_000, 300_000);
  expect(await get('cy/access')).toMatchObject({ state: 'warned' });
  expect((await get('cy/usage')).access).toMatchObject({ state: 'warned' });
  await aCustomer('di', 400_000, 50_000);
  expect(await get('di/access')).toMatchObject({ state: 'throttled' });
});

describe('catalog check --against-customers', () => {
  test('names who is on what the file no longer has, and ends with 1', async () => {
    const found = await compareWithCustomers(api.pool, file);
    expect(found.leftBehind).toContainEqual({
      ...{ customer: 'ada', plans: ['starter'], rates: [], vendors: [] },
    });
    expect(againstText(found)).toContain('ada is on what the file no longer has: plan starter.');

    process.env.DATABASE_URL = String(api.pool.options.connectionString);
    process.env.STRIPE_SECRET_KEY = 'sk_test_none';
    process.env.STRIPE_WEBHOOK_SECRET = 'whsec_none';
    const printed = jest.spyOn(console, 'log').mockImplementation(() => undefined);
    await checkCatalog('catalog.yaml', { againstCustomers: true });
    // bo's plan is in no file.
    expect(printed.mock.calls[0]?.[0]).toContain(
      'bo is on what the file no longer has: plan gold.',
    );
    expect(process.exitCode).toBe(1);
    printed.mockRestore();
  });

  test('counts by plan and version who pays otherwise than by the file', async () => {
    const plans = sold.plans.map((plan) =>
      plan.id === 'starter' ? { ...plan, monthlyPriceCents: 3900 } : plan,
    );
    const found = await compareWithCustomers(api.pool, { ...sold, plans });
    expect(found.soldOtherwise).toEqual([
      { plan: 'starter', version: asVersion(sold).version, customers: ['ada', 'cy', 'di'] },
    ]);
    expect(againstText(found)).toContain('3 on starter as sold by catalog');
    expect((await compareWithCustomers(api.pool, sold)).soldOtherwise).toEqual([]);
  });

  test('rates and vendors that are gone are named, those who have left are not', async () => {
    const rates = sold.rates.filter(({ id }) => id !== sold.vendors[0]?.rates[0]);
    const found = await compareWithCustomers(api.pool, { ...sold, rates, vendors: [] });
    const ada = found.leftBehind.find(({ customer }) => customer === 'ada');
    expect(ada?.vendors).toEqual(sold.vendors.map(({ id }) => id));
    expect(ada?.rates).toEqual([sold.vendors[0]?.rates[0]]);
    await api.pool.query(`update customers set billing_status = 'ended' where customer = 'ada'`);
    const now = await compareWithCustomers(api.pool, file);
    expect(now.leftBehind.map(({ customer }) => customer)).not.toContain('ada');
  });
});
