/** The shipped catalog sells what the article says, and a broken one is reported all at once. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { planTerms } from '../../src/core/plans/catalog';
import { DomainError } from '../../src/core/errors';
import { findRate } from '../../src/core/plans/plan';
import { loadCatalog, parseCatalog } from '../../src/stripe/catalog-file';

const shipped = join(__dirname, '../../catalog.yaml');

describe('the shipped catalog', () => {
  test.each([
    ['pay_as_you_go', 0, 0, '2.00'],
    ['starter', 2900, 100_000, '3.00'],
    ['pro', 9900, 500_000, '3.00'],
  ])('%s costs %d cents, includes %d tokens and charges %s per million', async (...expected) => {
    const [planId, monthlyPriceCents, includedTokens, pricePerMillionTokens] = expected;
    const terms = planTerms(await loadCatalog(shipped), planId);
    expect(terms).toMatchObject({ monthlyPriceCents, includedTokens });
    const usage = { model: 'gpt-4o-mini', tokenType: 'output' as const };
    expect(findRate(terms.rates, usage)).toMatchObject({ pricePerMillionTokens });
  });

  test('enterprise is flat: its own tokens have no rate, a vendor’s still have', async () => {
    const terms = planTerms(await loadCatalog(shipped), 'enterprise');
    expect(terms).toMatchObject({ monthlyPriceCents: 200_000, includedTokens: null });
    expect(terms.rates.map(({ vendor }) => vendor)).toEqual(['acme', 'globex']);
  });

  test('premium models are dearer in every plan, and their small sisters are not', async () => {
    const { rates } = planTerms(await loadCatalog(shipped), 'starter');
    const rateOf = (model: string) => findRate(rates, { model, tokenType: 'input' })?.id;
    expect(['gpt-4o', 'gpt-4o-2024-08-06', 'claude-opus-4-5'].map(rateOf)).toEqual([
      'overage_premium',
      'overage_premium',
      'overage_premium',
    ]);
    expect(['gpt-4o-mini', 'llama-4'].map(rateOf)).toEqual([
      'overage_standard',
      'overage_standard',
    ]);
  });

  test.each([
    ['pay_as_you_go', undefined],
    ['starter', [80, 100]],
    ['pro', [50, 80, 100]],
    ['enterprise', undefined],
  ])('%s tells of %j percent of its allowance', async (planId, thresholds) => {
    const catalog = await loadCatalog(shipped);
    expect(planTerms(catalog, planId).usageThresholds).toEqual(thresholds);
  });

  test('takes 15% of what acme sells and 20% of globex', async () => {
    const { vendors } = await loadCatalog(shipped);
    expect(vendors.map(({ id, feePercent }) => [id, feePercent])).toEqual([
      ['acme', '15'],
      ['globex', '20'],
    ]);
  });

  test('of a vendor that says no more, a share moves at once, whole, and the fee comes back', async () => {
    const { vendors } = await loadCatalog(shipped);
    expect(vendors[0]).toMatchObject({
      feeOnRefund: 'returned',
      holdbackDays: 0,
      minimumPayoutCents: 0,
      countsTowardAllowance: false,
    });
  });
});

describe('a catalog that is not right', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'catalog-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  async function faultOf(change: (text: string) => string): Promise<DomainError> {
    const path = join(folder, 'catalog.yaml');
    await writeFile(path, change(await readFile(shipped, 'utf8')));
    const error: unknown = await loadCatalog(path).then(
      () => null,
      (reason: unknown) => reason,
    );
    if (!(error instanceof DomainError)) throw new Error(`expected a refusal, got ${error}`);
    return error;
  }

  test('is reported with every fault, where it is, what was seen and what was expected', async () => {
    const { code, message } = await faultOf((text) =>
      text
        .replace('currency: usd', 'currency: jpy')
        .replace("pricePerMillionTokens: '2.00'", 'pricePerMillionTokens: 2')
        .replace('monthlyPriceCents: 2900', 'monthlyPriceDollars: 29')
        .replace('thresholds: [80, 100]', 'thresholds: [80, 1.5]'),
    );
    expect(code).toBe('catalog_invalid');
    expect(message).toMatch(/currency is "jpy"/);
    expect(message).toMatch(/rates.0.pricePerMillionTokens is 2: expected a decimal in quotes/);
    expect(message).toMatch(/notifications.thresholds.1 is 1.5/);
    expect(message).toMatch(/plans.1.monthlyPriceCents is missing/);
    expect(message).toMatch(/plans.1 is .*monthlyPriceDollars/);
  });

  test('is refused where a rate is below the cost of a model it covers', async () => {
    const { code, message, detail } = await faultOf((text) =>
      text.replace("pricePerMillionTokens: '40.00'", "pricePerMillionTokens: '20.00'"),
    );
    expect(code).toBe('rate_below_cost');
    expect(message).toMatch(/overage_premium \(starter, pro\) sells claude-opus-4-5 output/);
    expect(detail?.faults).toHaveLength(2);
  });

  test('is refused where a vendor is held back for more than a quarter of a year', async () => {
    const { message } = await faultOf((text) =>
      text.replace("feePercent: '15'", "feePercent: '15'\n    holdbackDays: 91"),
    );
    expect(message).toMatch(/vendors.0.holdbackDays is 91/);
  });

  test('is refused where it refers to what is not there', async () => {
    const { message } = await faultOf((text) =>
      text.replace('defaultPlan: pay_as_you_go', 'defaultPlan: free'),
    );
    expect(message).toMatch(/defaultPlan is free: expected one of pay_as_you_go, starter/);
  });

  test('is refused where it is not YAML, or not there', async () => {
    expect((await faultOf(() => 'plans: [')).message).toMatch(/not YAML/);
    await expect(loadCatalog(join(folder, 'nowhere.yaml'))).rejects.toThrow(/set CATALOG_FILE/);
    expect(() => parseCatalog(null)).toThrow(/The file is null/);
  });
});
