/** Who names more models than anybody reads is told of the largest, and of the rest in sum. */
import type { z } from 'zod';
import type { marginSchema } from '../../../src/api/reports/margin';
import type { UsageReport } from '../../../src/api/reports/usage-report-schema';
import { emptyBillingState } from '../../../src/core/state/billing-state';
import { sumDecimals } from '../../../src/core/money';
import type { DashboardView } from '../../../src/dashboard/view';
import { recordPeriods } from '../../../src/db/period-projection';
import { linkTo } from '../../support/api/dashboard-case';
import { startTestApi } from '../../support/api/api';
import type { TestApi } from '../../support/api/api';
import { anOverage, aStatement, someTerms } from '../../support/builders/builders';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
  await api.addCustomer('ada');
  await recordPeriods(api.pool, {
    ...{ customer: 'ada', billingStatus: 'active', dunningAccess: null },
    standing: emptyBillingState('ada').standing,
    periods: [{ terms: someTerms(), statement: aStatement({ rates: [anOverage()] }) }],
  });
  // Ours are 1,200 of 1,001 to 2,200 tokens; vendors' are smaller, and two of them nobody knows.
  await api.pool.query(
    `insert into usage_daily (customer, day, model, token_type, vendor, tokens)
     select 'ada', date '2026-01-05', 'model-' || number, 'input', '', 1000 + number
       from generate_series(1, 1200) as number
     union all
     select 'ada', date '2026-01-06', 'theirs', 'output', vendor, 10
       from unnest(array['acme', 'nobody', 'no-one']) as vendor`,
  );
});
afterAll(() => api.close());

const ask = async <T>(path: string): Promise<T> => {
  const response = await api.request(`/v1/customers/ada/${path}`, { key: api.keys.admin });
  return (await response.json()) as T;
};

test('usage lists the thousand largest, and sums the others by type and vendor', async () => {
  const { byModel, otherModels, usedTokens } = await ask<UsageReport>('usage');
  expect(byModel).toHaveLength(1_000);
  expect(byModel[0]).toEqual({ model: 'model-1200', tokenType: 'input', tokens: 2_200 });
  expect(byModel[999]).toEqual({ model: 'model-201', tokenType: 'input', tokens: 1_201 });
  // 1,001 to 1,200 make 220,100.
  expect(otherModels).toEqual({
    ...{ count: 203, tokens: 220_130 },
    byTokenType: [
      { tokenType: 'input', tokens: 220_100 },
      { tokenType: 'output', vendor: 'acme', tokens: 10 },
      { tokenType: 'output', vendor: null, tokens: 20 },
    ],
  });
  expect(usedTokens).toBe(1_200 * 1_000 + (1_200 * 1_201) / 2);
});

test('a margin has a row of ours and one of each vendor for what it does not list', async () => {
  const { byModel, otherModels, totals, modelsWithoutCost } =
    await ask<z.infer<typeof marginSchema>>('margin');
  expect(byModel).toHaveLength(1_000);
  expect(otherModels).toMatchObject([
    { tokens: { input: 220_100 }, withoutCost: ['input'], marginCents: null },
    { vendor: 'acme', tokens: { output: 10 }, withoutCost: [] },
    { vendor: null, tokens: { output: 20 }, withoutCost: [] },
  ]);
  expect(modelsWithoutCost).toHaveLength(1_000);
  const rows = [...byModel, ...otherModels];
  expect(sumDecimals(rows.map(({ revenueCents }) => revenueCents))).toBe(totals.revenueCents);
  expect(sumDecimals(rows.map(({ basePriceCents }) => basePriceCents))).toBe('2900');
});

test("the customer's page has a hundred of them, and the rest as one more", async () => {
  const page = await (await fetch(await linkTo(api, 'ada'))).text();
  const [, escaped = ''] = /data-view="([^"]*)"/.exec(page) ?? [];
  const { billing } = JSON.parse(escaped.replaceAll('&quot;', '"')) as DashboardView;
  const { models, otherModels, days } = billing!.usage;
  expect(models).toHaveLength(100);
  expect(models[0]).toEqual({ model: 'model-1200', tokens: { input: 2_200 } });
  const listed = models.reduce((sum, { tokens }) => sum + (tokens.input ?? 0), 0);
  expect(otherModels).toEqual({
    count: 1_103,
    tokens: { input: billing!.usedTokens - listed, output: 30 },
  });
  expect(days).toEqual([
    {
      ...{ day: '2026-01-05', tokens: billing!.usedTokens },
      byModel: [2_200, 2_199, 2_198, 2_197, 2_196, 2_195],
    },
    { day: '2026-01-06', tokens: 30, byModel: [0, 0, 0, 0, 0, 0] },
  ]);
});
