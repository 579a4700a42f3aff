/** GET …/usage and …/access: what the ledger says a customer used, and what it comes to. */
import type { Pool } from 'pg';
import { z } from 'zod';
import { accessOf } from '../core/access';
import type { Access } from '../core/access';
import type { Catalog } from '../core/catalog';
import { findPlan } from '../core/catalog';
import { roundHalfUpCents } from '../core/money';
import { isoSecond } from '../core/period';
import { fillsAllowance } from '../core/plan';
import type { PlanTerms } from '../core/plan';
import { projectPeriod } from '../core/projection';
import type { BillingPeriod } from '../db/billing-periods';
import { listBillingPeriods } from '../db/billing-periods';
import type { Customer } from '../db/customers';
import { readDailyUsage } from '../db/usage-reports';
import type { DailyUsage } from '../db/usage-reports';
import type { Clocks } from '../stripe/test-clocks';

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
    overageTokens: tokens.meta({ description: 'Billable: beyond the allowance and grants' }),
    allowanceUsedPercent: z.number().nullable().meta({
      description: 'Of the included tokens; null: unlimited, or none are included',
    }),
    byModel: z.array(z.object({ model: z.string(), tokenType: z.string(), vendor, tokens })),
    byDay: z
      .array(z.object({ day: z.iso.date(), tokens }))
      .meta({ description: 'Days in UTC; those without usage are left out' }),
    projection: z
      .object({ tokens, overageTokens: tokens, amountCents: z.number().int() })
      .meta({ description: 'At the end of the period, should it go on as so far' }),
    amountDueCents: z.number().int().meta({
      description: "So far: the base price, and the overage as the workflow's statement has it",
    }),
    currency: z.string(),
    access: accessSchema,
  })
  .meta({ id: 'UsageReport' });

export type UsageReport = z.infer<typeof usageReportSchema>;

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
    now: await nowOf(deps.clocks, customer),
  });
}

/** The customer's own "now": a test clock's, if it is on one. */
export const nowOf = async (clocks: Clocks, { testClock }: Customer): Promise<Date> =>
  testClock === null ? new Date() : clocks.now(testClock);

export const periodUsage = (
  pool: Pool,
  { customer }: Customer,
  { start, end }: BillingPeriod,
): Promise<DailyUsage[]> => readDailyUsage(pool, customer, seconds(start), seconds(end));

export function reportOf(
  catalog: Catalog,
  facts: {
    readonly customer: Customer;
    readonly period: BillingPeriod;
    readonly usage: readonly DailyUsage[];
    readonly now: Date;
  },
): UsageReport {
  const { customer, period, usage, now } = facts;
  const { terms, statement } = period;
  const bounds = { start: seconds(period.start), end: seconds(period.end) };
  const usedTokens = allowanceTokens(terms, usage);
  const { includedTokens } = terms;
  return {
    plan: terms.planId,
    period: { start: isoSecond(bounds.start), end: isoSecond(bounds.end) },
    includedTokens,
    usedTokens,
    overageTokens: includedTokens === null ? 0 : Math.max(0, usedTokens - includedTokens),
    allowanceUsedPercent: includedTokens
      ? Math.round((usedTokens * 1000) / includedTokens) / 10
      : null,
    byModel: sumBy(usage, ({ model, tokenType, vendor }) => ({ model, tokenType, vendor })),
    byDay: sumBy(usage, ({ day }) => ({ day })),
    projection: projectPeriod(terms, bounds, usage, seconds(now)),
    amountDueCents: statement.rates.reduce(
      (cents, rate) => cents + roundHalfUpCents(rate.amountCents),
      terms.monthlyPriceCents,
    ),
    currency: catalog.currency,
    access: access(catalog, customer, period, usedTokens),
  };
}

/** Of the latest period; before there is one nothing can be used up. */
export async function customerAccess(deps: ReportDeps, customer: Customer): Promise<Access> {
  const [period] = await listBillingPeriods(deps.pool, customer.customer, 1);
  const usage = period
    ? await readDailyUsage(deps.pool, customer.customer, seconds(period.start), seconds(period.end))
    : [];
  return access(deps.catalog, customer, period, allowanceTokens(period?.terms ?? {}, usage));
}

function access(
  catalog: Catalog,
  customer: Customer,
  period: BillingPeriod | undefined,
  usedTokens: number,
) {
  const policy = findPlan(catalog, customer.plan).access;
  const includedTokens = period?.terms.includedTokens ?? null;
  const { state, reasons, ...advice } = accessOf({
    policy,
    billingStatus: customer.billingStatus,
    dunningAccess: customer.dunningAccess,
    includedTokens,
    usedTokens,
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
    const before = sums.get(name)?.tokens ?? 0;
    sums.set(name, { ...key, tokens: before + line.tokens });
  }
  return [...sums.values()];
}
