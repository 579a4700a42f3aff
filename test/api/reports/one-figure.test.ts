/**
 * What a customer owes is one figure, wherever it is shown: with a grant, in a trial, with usage of
 * vendors, and before the workflow has counted what is in the ledger.
 */
import { dashboardView } from '../../../src/api/dashboard/dashboard-view';
import { statementText } from '../../../src/cli/operator/statement';
import type { BillingState } from '../../../src/core/state/billing-state';
import { emptyBillingState } from '../../../src/core/state/billing-state';
import { countInPeriod } from '../../../src/core/counting/counting';
import { billingDetails } from '../../../src/core/state/billing-details';
import { withGrant } from '../../../src/core/counting/grants';
import { usageThresholdFact } from '../../../src/core/dunning/notification';
import { statementOf } from '../../../src/core/invoices/statement';
import { trialTerms } from '../../../src/core/subscription/trial';
import { findCustomer } from '../../../src/db/customers';
import { recordPeriods } from '../../../src/db/period-projection';
import { inTransaction } from '../../../src/db/pool';
import { insertGrant } from '../../../src/db/token-grants';
import { insertUsageEvents } from '../../../src/db/usage-events';
import { loadCatalog } from '../../../src/stripe/catalog-file';
import type { TestApi } from '../../support/api/api';
import { startTestApi } from '../../support/api/api';
import { aLine, aRate, FEBRUARY, JANUARY, someTerms } from '../../support/builders/builders';
import { aRow } from '../../support/builders/ledger';
import { openPeriod } from '../../../src/core/state/periods';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.close());

const NO_TOKENS = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, reasoning: 0 };
const january = { start: JANUARY, end: FEBRUARY };

/** A customer half through January, of whose tokens the workflow has counted some. */
async function aCustomer(
  customer: string,
  { used, counted = used, granted = 0 }: { used: number; counted?: number; granted?: number },
  change: (state: BillingState) => BillingState = (state) => state,
): Promise<BillingState> {
  const { pool } = api;
  await api.addCustomer(customer, 'clock_1');
  api.clocks.set('clock_1', new Date('2026-01-16T12:00:00Z'));
  const opened = { ...emptyBillingState(customer), periods: [openPeriod(january, someTerms())] };
  const grant = { id: 'goodwill', tokens: granted, expiresAt: null };
  const state = countInPeriod(
    change(granted > 0 ? withGrant(opened, grant) : opened),
    aLine(counted),
  );
  await recordPeriods(pool, {
    customer,
    billingStatus: 'active',
    standing: state.standing,
    dunningAccess: null,
    periods: state.periods.map((period) => ({
      terms: period.terms,
      statement: statementOf(state, period),
    })),
  });
  const [given] = state.grants;
  if (given) await inTransaction(pool, (client) => insertGrant(client, customer, given, 'sorry'));
  const tokens = { ...NO_TOKENS, input: used };
  const row = { customer, tokens, occurredAt: '2026-01-02T00:00:00Z' };
  await insertUsageEvents(pool, [aRow(customer, row)]);
  return state;
}

async function told(customer: string) {
  const response = await api.request(`/v1/customers/${customer}/usage`, { key: api.keys.read });
  expect(response.status).toBe(200);
  const usage = (await response.json()) as Record<string, unknown>;
  const found = await findCustomer(api.pool, customer);
  if (!found) throw new Error(`${customer} is missing`);
  const clocks = { now: async () => new Date('2026-01-16T12:00:00Z') };
  const deps = { pool: api.pool, catalog: await loadCatalog('catalog.yaml'), clocks };
  const { billing } = await dashboardView(deps, found, undefined);
  if (!billing) throw new Error(`${customer} has no period`);
  return { usage, billing };
}

test('180,000 tokens, of which 50,000 are given: 30,000 over and $29.09, everywhere', async () => {
  const state = await aCustomer('ada', { used: 180_000, granted: 50_000 });
  const { usage, billing } = await told('ada');
  const figures = { usedTokens: 180_000, grantedTokens: 50_000, overageTokens: 30_000 };
  // At the pace of half a month: 360,000, of which 100,000 are included and 50,000 given.
  const projection = { tokens: 360_000, grantedTokens: 50_000, overageTokens: 210_000 };
  expect(usage).toMatchObject({ ...figures, amountDueCents: 2909 });
  expect(usage.projection).toEqual({ ...projection, amountCents: 2963 });
  expect(billing).toMatchObject({ ...figures, projection: usage.projection });
  expect(billing.cost).toMatchObject({ amountDueCents: 2909, planPriceCents: 2900 });
  expect(billing.allowanceUsedPercent).toBe(usage.allowanceUsedPercent);

  const [period] = state.periods;
  if (!period) throw new Error('there is no period');
  expect(usageThresholdFact('ada', period, 100).overageTokens).toBe(30_000);
  expect(billingDetails(state)).toContain('30,000 over');
  const statement = statementOf(state, period);
  const report = { statement, currency: 'usd', source: 'workflow', note: null } as const;
  expect(statementText(report)).toMatch(/over +30,000/);
});

test('what is in the ledger and not counted yet is over only as far as no grant covers it', async () => {
  await aCustomer('bo', { used: 180_000, counted: 120_000, granted: 50_000 });
  expect((await told('bo')).usage).toMatchObject({ usedTokens: 180_000, overageTokens: 30_000 });
  await aCustomer('cy', { used: 140_000, counted: 90_000, granted: 50_000 });
  expect((await told('cy')).usage).toMatchObject({ usedTokens: 140_000, overageTokens: 0 });
});

test('a vendor’s 1,000,000 tokens beside 50,000 over: $34.15, everywhere', async () => {
  const acme = aRate({ id: 'acme_tokens', vendor: 'acme', pricePerMillionTokens: '5.00' });
  const terms = someTerms({ rates: [aRate(), acme] });
  const state = await aCustomer('dora', { used: 150_000 }, (opened) =>
    countInPeriod(
      { ...opened, periods: [openPeriod(january, terms)] },
      aLine(1_000_000, { vendor: 'acme' }),
    ),
  );
  const tokens = { ...NO_TOKENS, input: 1_000_000 };
  const row = { customer: 'dora', vendor: 'acme', tokens, occurredAt: '2026-01-02T00:00:00Z' };
  await insertUsageEvents(api.pool, [aRow('dora-acme', row)]);
  const { usage, billing } = await told('dora');
  // 2900, 15 for what is over, 500 for the vendor's.
  const figures = { usedTokens: 150_000, overageTokens: 50_000 };
  expect(usage).toMatchObject({ ...figures, amountDueCents: 3415 });
  expect(billing).toMatchObject({ ...figures, projection: usage.projection });
  expect(billing.cost.amountDueCents).toBe(3415);
  expect(billingDetails(state)).toContain('50,000 over');
});

test('180,000 tokens of a trial: nothing over and nothing due, everywhere', async () => {
  const state = await aCustomer('eve', { used: 180_000 }, (opened) => ({
    ...opened,
    periods: [openPeriod(january, trialTerms(someTerms()))],
  }));
  const { usage, billing } = await told('eve');
  const figures = { usedTokens: 180_000, overageTokens: 0 };
  expect(usage).toMatchObject({ ...figures, amountDueCents: 0 });
  expect(usage.projection).toMatchObject({ overageTokens: 0, amountCents: 0 });
  expect(billing).toMatchObject({ ...figures, projection: usage.projection });
  expect(billing.cost.amountDueCents).toBe(0);
  const [period] = state.periods;
  if (!period) throw new Error('there is no period');
  expect(usageThresholdFact('eve', period, 100).overageTokens).toBe(0);
});
