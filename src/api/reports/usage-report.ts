/** GET …/usage and …/access: what the ledger says a customer used, and what it comes to. */
import type { Pool } from 'pg';
import { z } from 'zod';
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
import { readDailyUsage } from '../../db/usage-reports';
import type { DailyUsage } from '../../db/usage-reports';
import { timeAt } from '../../stripe/test-clocks';
import type { Clocks } from '../../stripe/test-clocks';
import type { TokenGrant } from '../../core/state/remembered';
import { allowanceUsedPercent, uncoveredTokens } from '../../core/counting/allowance';

const tokens = z.number().int();
const vendor = z.string().optional();

export const accessSchema = z
  .object({
    state: z.enum(['ok', 'warned', 'throttled', 'revoked']).meta({
      description:
        'ok: nothing. warned: tell the customer. throttled: let calls go slower. revoked: the ' +
        'subscription has ended',
    }),
    reasons: z.array(
      z.object({
        code: z.string().meta({ description: 'Stable; made to be compared' }),
        message: z.string().meta({ description: 'For people' }),
      }),
    ),
    requestsPerMinute: z.number().int().optional().meta({
      description: 'While throttled: calls a minute that the customer should have',
    }),
    upgrade: z.string().optional().meta({ description: 'The plan that would help' }),
  })
  .meta({ id: 'Access', description: 'Advice to the app; usage is recorded in every state' });

export const usageReportSchema = z
  .object({
    plan: z.string(),
    period: z.object({ start: z.iso.datetime(), end: z.iso.datetime() }),
    includedTokens: tokens.nullable().meta({ description: 'null: unlimited' }),
    usedTokens: tokens.meta({
      description: "Tokens that fill the allowance; vendors' usage only where the catalog says so",
    }),
    grantedTokens: tokens.meta({
      description: 'Of these, beyond the allowance and covered by grants, as billing has counted',
    }),
    overageTokens: tokens.meta({
      description: 'Billable: beyond the allowance and grants; none in a trial',
    }),
    allowanceUsedPercent: z.number().nullable().meta({
      description: 'Of the included tokens, rounded down; null: unlimited, or none are included',
    }),
    byModel: z.array(z.object({ model: z.string(), tokenType: z.string(), vendor, tokens })),
    byDay: z
      .array(z.object({ day: z.iso.date(), tokens }))
      .meta({ description: 'Days in UTC; those without usage are left out' }),
    projection: z
      .object({
        tokens,
        grantedTokens: tokens,
        overageTokens: tokens,
        amountCents: z.number().int(),
      })
      .meta({ description: 'At the end of the period, should it go on as so far' }),
    amountDueCents: z.number().int().meta({
      description:
        "So far: the base price, and the overage as the workflow's statement has it; a trial is free",
    }),
    currency: z.string(),
    access: accessSchema,
  })
  .meta({ id: 'UsageReport' });

export type UsageReport = z.infer<typeof usageReportSchema>;

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
  return reportOf(deps.catalog, {
    customer,
    period,
    usage,
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

/** The grants tell what all periods have used of them. */
export async function grantsOf(pool: Pool, customer: string): Promise<TokenGrant[]> {
  const grants = await readGrants(pool, customer);
  if (grants.length === 0) return grants;
  const periods = await listBillingPeriods(pool, customer, PERIODS_MAX);
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
    grantedTokens: grantTokens,
    grants,
  };
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
    amountDueCents: costOf(terms, statement).amountDueCents,
    currency: catalog.currency,
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
