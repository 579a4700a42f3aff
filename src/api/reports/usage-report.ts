/** GET …/usage and …/access: what the ledger says a customer used, and what it comes to. */
import type { Pool } from 'pg';
import type { UsageReport } from './usage-report-schema';
import { accessOf } from '../../core/subscription/access';
import type { Access } from '../../core/subscription/access';
import type { Catalog, CatalogPlan } from '../../core/plans/catalog';
import { grantedTokens, takenByPeriods, tokensLeft } from '../../core/counting/grants';
import { isoSecond } from '../../core/period';
import { costOf, overageSoFar } from '../../core/invoices/period-figures';
import { fillsAllowance } from '../../core/plans/plan';
import type { PlanTerms } from '../../core/plans/plan';
import { projectPeriod } from '../../core/plans/projection';
import type { BillingPeriod } from '../../db/billing-periods';
import { listBillingPeriods } from '../../db/billing-periods';
import { describePlan } from '../../db/catalog-versions';
import type { Customer } from '../../db/customers';
import { readGrants } from '../../db/token-grants';
import { readUnbilledTimes } from '../../db/unbilled-usage';
import type { UnbilledTime } from '../../core/subscription/unbilled';
import { readDailyUsage } from '../../db/usage-reports';
import type { DailyUsage } from '../../db/usage-reports';
import { timeAt } from '../../stripe/test-clocks';
import type { Clocks } from '../../stripe/test-clocks';
import type { TokenGrant } from '../../core/state/remembered';
import { allowanceUsedPercent, uncoveredTokens } from '../../core/counting/allowance';

/** Ten years of months. */
export const PERIODS_MAX = 120;

export interface ReportDeps {
  readonly pool: Pool;
  readonly catalog: Catalog;
  readonly clocks: Clocks;
}

export async function usageReport(
  deps: ReportDeps,
  customer: Customer,
  period: BillingPeriod,
): Promise<UsageReport> {
  const usage = await periodUsage(deps.pool, customer, period);
  const unbilled = await readUnbilledTimes(deps.pool, customer.customer);
  return reportOf(deps.catalog, {
    customer,
    period,
    usage,
    unbilled,
    grants: await grantsOf(deps.pool, customer.customer),
    now: await nowOf(deps.clocks, customer),
    plan: await describePlan(deps.pool, deps.catalog, customer.plan),
  });
}

/** The customer's own "now": a test clock's, if it is on one. */
export const nowOf = async (clocks: Clocks, { testClock }: Customer): Promise<Date> =>
  timeAt(clocks, testClock, new Date());

export const periodUsage = (
  pool: Pool,
  { customer }: Customer,
  { start, end }: BillingPeriod,
): Promise<DailyUsage[]> => readDailyUsage(pool, customer, seconds(start), seconds(end));

/** The grants tell what all periods have used of them. `latest` are the periods, if read before. */
export async function grantsOf(
  pool: Pool,
  customer: string,
  latest?: readonly BillingPeriod[],
): Promise<TokenGrant[]> {
  const grants = await readGrants(pool, customer);
  if (grants.length === 0) return grants;
  const periods = latest ?? (await listBillingPeriods(pool, customer, PERIODS_MAX));
  const openPeriods = periods.filter(({ archivedAt }) => archivedAt === null);
  return takenByPeriods(
    grants,
    openPeriods.map(({ statement }) => statement),
  );
}

export function reportOf(
  catalog: Catalog,
  facts: {
    readonly customer: Customer;
    readonly period: BillingPeriod;
    readonly usage: readonly DailyUsage[];
    readonly grants: readonly TokenGrant[];
    /** Absent: nobody asked for it. */
    readonly unbilled?: readonly UnbilledTime[];
    readonly now: Date;
    /** The customer's, as it is described; undefined: no catalog has it. */
    readonly plan: CatalogPlan | undefined;
  },
): UsageReport {
  const { customer, period, usage, grants, now, plan } = facts;
  const { terms, statement } = period;
  const bounds = { start: seconds(period.start), end: seconds(period.end) };
  const usedTokens = allowanceTokens(terms, usage);
  const remainder = tokensLeft(grants, bounds, seconds(now));
  const grantTokens = grantedTokens(statement);
  const projected = {
    ...bounds,
    terms,
    isTrial: statement.isTrial,
    comingDiscounts: statement.comingDiscounts,
    grantedTokens: grantTokens,
    grants,
  };
  const cost = costOf(terms, statement);
  return {
    plan: terms.planId,
    period: { start: isoSecond(bounds.start), end: isoSecond(bounds.end) },
    includedTokens: terms.includedTokens,
    usedTokens,
    grantedTokens: grantTokens,
    overageTokens: overageSoFar(terms, statement, usedTokens, remainder),
    allowanceUsedPercent: allowanceUsedPercent(terms, usedTokens),
    byModel: sumBy(usage, ({ model, tokenType, vendor }) => ({ model, tokenType, vendor })),
    byDay: sumBy(usage, ({ day }) => ({ day })),
    projection: projectPeriod(projected, usage, seconds(now)),
    amountDueCents: cost.amountDueCents,
    discounts: [...cost.discounts],
    currency: catalog.currency,
    unbilled: (facts.unbilled ?? []).map(({ start, end, ...amount }) => ({
      ...{ start: isoSecond(start), end: end === null ? null : isoSecond(end) },
      ...amount,
    })),
    access: access(customer, plan, period, { usedTokens, grantsLeft: remainder }),
  };
}

/** Access by the latest period; before there is one nothing can be used up. */
export async function customerAccess(deps: ReportDeps, customer: Customer): Promise<Access> {
  const [period] = await listBillingPeriods(deps.pool, customer.customer, 1);
  const usage = period
    ? await readDailyUsage(deps.pool, customer.customer, seconds(period.start), seconds(period.end))
    : [];
  const plan = await describePlan(deps.pool, deps.catalog, customer.plan);
  const usedTokens = allowanceTokens(period?.terms ?? {}, usage);
  const grantsLeft = period ? await grantsLeftOf(deps, customer, period) : 0;
  return access(customer, plan, period, { usedTokens, grantsLeft });
}

async function grantsLeftOf(
  { pool, clocks }: ReportDeps,
  customer: Customer,
  { start, end }: BillingPeriod,
): Promise<number> {
  const grants = await grantsOf(pool, customer.customer);
  if (grants.length === 0) return 0;
  const bounds = { start: seconds(start), end: seconds(end) };
  return tokensLeft(grants, bounds, seconds(await nowOf(clocks, customer)));
}

function access(
  customer: Customer,
  plan: CatalogPlan | undefined,
  period: BillingPeriod | undefined,
  { usedTokens, grantsLeft }: { readonly usedTokens: number; readonly grantsLeft: number },
) {
  const { terms, statement } = period ?? {};
  const viewOfStatement = statement && { ...statement, grantedTokens: grantedTokens(statement) };
  const { state, reasons, ...advice } = accessOf({
    policy: plan?.access ?? null,
    billingStatus: customer.billingStatus,
    dunningAccess: customer.dunningAccess,
    includedTokens: terms?.includedTokens ?? null,
    usedTokens,
    uncoveredTokens:
      terms && viewOfStatement
        ? uncoveredTokens(terms, viewOfStatement, usedTokens, grantsLeft)
        : usedTokens,
  });
  return { state, reasons: [...reasons], ...advice };
}

const seconds = (time: Date): number => Math.floor(time.getTime() / 1000);

const allowanceTokens = (
  terms: Pick<PlanTerms, 'allowanceVendors'>,
  usage: readonly DailyUsage[],
): number => usage.reduce((sum, line) => sum + (fillsAllowance(terms, line) ? line.tokens : 0), 0);

/** One entry per key, in order of appearance. */
function sumBy<K extends object>(
  usage: readonly DailyUsage[],
  keyOf: (line: DailyUsage) => K,
): (K & { tokens: number })[] {
  const sums = new Map<string, K & { tokens: number }>();
  for (const line of usage) {
    const key = keyOf(line);
    const name = JSON.stringify(key);
    const sumSoFar = sums.get(name)?.tokens ?? 0;
    sums.set(name, { ...key, tokens: sumSoFar + line.tokens });
  }
  return [...sums.values()];
}
