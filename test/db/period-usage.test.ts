/**
 * A period's usage as it is shown: whatever customers name, the largest are listed, the rest is
 * summed, and no figure that is made of it changes by that.
 */
import fc from 'fast-check';
import type { Pool } from 'pg';
import { marginReport } from '../../src/core/plans/margin-report';
import type { MarginInput } from '../../src/core/plans/margin-report';
import { projectPeriod } from '../../src/core/plans/projection';
import { toldByMargin } from '../../src/core/plans/told-apart';
import { TOKEN_TYPES } from '../../src/core/usage/usage';
import { readAllowanceTokens, readPeriodUsage } from '../../src/db/period-usage';
import { createPool } from '../../src/db/pool';
import { insertUsageEvents } from '../../src/db/usage-events';
import { sumLedger } from '../../src/db/usage-reports';
import { sealOnce } from '../../src/ingest/sealing';
import { aRate, FEBRUARY, JANUARY, someTerms } from '../support/builders/builders';
import { aRow } from '../support/builders/ledger';
import { createTestDatabase } from '../support/stack/database';
import type { TestDatabase } from '../support/stack/database';

let database: TestDatabase;
let pool: Pool;
beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool({ connectionString: database.url });
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

const NO_TOKENS = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, reasoning: 0 };
const terms = someTerms({
  rates: [
    aRate({ id: 'fast', models: ['gpt-4o-mini', 'gpt-5*'], pricePerMillionTokens: '1.00' }),
    aRate({ id: 'out', models: ['gpt-*'], tokenTypes: ['output'], pricePerMillionTokens: '9.00' }),
    aRate({ id: 'rest', pricePerMillionTokens: '3.00' }),
    aRate({ id: 'acme', vendor: 'acme', models: ['a*'], pricePerMillionTokens: '10.00' }),
  ],
  allowanceVendors: ['globex'],
});
const row = (model: string, from: string, costPerMillionTokens: string) => ({
  ...{ model, tokenType: 'input' as const, from, costPerMillionTokens },
});
const vendor = (id: string) => ({
  ...{ id, name: id, feePercent: '15', rates: [id], countsTowardAllowance: false },
  ...{ feeOnRefund: 'returned' as const, holdbackDays: 0, minimumPayoutCents: 0 },
});
const catalog: MarginInput['catalog'] = {
  costBook: [row('gpt-4o-mini', '2025-01-01', '0.15'), row('b', '2026-01-10', '0.10')],
  vendors: [vendor('acme'), vendor('initech')],
  plans: [],
};

const usage = fc.record({
  model: fc.constantFrom('gpt-4o-mini', 'gpt-5', 'gpt-5-b', 'gpt-6', 'a1', 'a2', 'b', 'b2', 'Ж'),
  tokenType: fc.constantFrom(...TOKEN_TYPES),
  tokens: fc.integer({ min: 1, max: 300_000 }),
  vendor: fc.constantFrom(null, null, 'acme', 'globex', 'initech', 'nobody', 'noone'),
  second: fc.integer({ min: JANUARY - 100_000, max: FEBRUARY + 100_000 }),
});

let customers = 0;

test('no figure of a period changes by how many models are listed, or by what is sealed', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(usage, { minLength: 1, maxLength: 25 }),
      fc.integer({ min: 0, max: 4 }),
      fc.integer({ min: 0, max: 25 }),
      async (used, modelsMax, sealed) => {
        const customer = `c${(customers += 1)}`;
        const rows = used.map(({ second, tokens, tokenType, ...named }, at) =>
          aRow(`e${at}`, {
            ...{ ...named, customer, tokens: { ...NO_TOKENS, [tokenType]: tokens } },
            occurredAt: new Date(second * 1000).toISOString(),
          }),
        );
        if (sealed > 0) await insertUsageEvents(pool, rows.slice(0, sealed));
        await sealOnce(pool);
        if (sealed < rows.length) await insertUsageEvents(pool, rows.slice(sealed));
        const span = { customer, start: JANUARY, end: FEBRUARY };
        const few = await figures(span, modelsMax);
        expect(few.figures).toEqual((await figures(span, 1_000)).figures);
        expect(few.listed).toBeLessThanOrEqual(modelsMax);
      },
    ),
    { numRuns: 60 },
  );
}, 120_000);

interface Span {
  readonly customer: string;
  readonly start: number;
  readonly end: number;
}

async function figures(span: Span, modelsMax: number) {
  const { listed, others, otherCount, days } = await readPeriodUsage(pool, {
    ...{ ...span, modelsMax, apart: toldByMargin(terms, catalog) },
  });
  const cells = [...listed, ...others];
  const statement = { rates: terms.rates.map((rate) => billedOf(rate.id)), late: [] };
  const report = marginReport({ catalog, terms, statement, usage: listed, others });
  const ledger = await sumLedger(pool, span.customer, span.start, span.end, ['globex']);
  const models = new Set(listed.map((cell) => JSON.stringify([cell.model, cell.vendor])));
  const tokens = cells.reduce((sum, cell) => sum + cell.tokens, 0);
  expect(tokens).toBe(ledger.usedTokens + ledger.vendorTokens);
  expect(days.reduce((sum, day) => sum + day.tokens, 0)).toBe(tokens);
  return {
    listed: models.size,
    figures: {
      ...{ tokens, days, count: models.size + otherCount, ledger },
      inAllowance: await readAllowanceTokens(pool, span, ['globex']),
      projection: projectPeriod({ ...span, terms }, cells, FEBRUARY - 86_400),
      totals: report.totals,
    },
  };
}

const billedOf = (rateId: string) => ({
  ...{ rateId, pricePerMillionTokens: '3.00', tokens: 1_000, reportedTokens: 1_000 },
  amountCents: '0.3',
});
