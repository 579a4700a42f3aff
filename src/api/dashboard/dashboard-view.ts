/** What the customer's page shows: the API's own report, and what it takes to name things. */
import type { Catalog } from '../../core/plans/catalog';
import { DomainError } from '../../core/errors';
import { costOf } from '../../core/invoices/period-figures';
import type { DashboardBilling, DashboardInvoice, DashboardView } from '../../dashboard/view';
import type { BillingPeriod } from '../../db/billing-periods';
import { listBillingPeriods } from '../../db/billing-periods';
import { describePlan } from '../../db/catalog-versions';
import type { Customer } from '../../db/customers';
import { requirePeriod } from '../customers/customer-period';
import { waitingChanges } from '../customers/waiting-changes';
import { invoiceOf } from '../reports/reports';
import type { ReportDeps } from '../reports/usage-report';
import { grantsOf, nowOf, PERIODS_MAX, periodUsage, reportOf } from '../reports/usage-report';

/** No `periodName` means the current period, or none yet. Throws as `requirePeriod` does. */
export async function dashboardView(
  deps: ReportDeps,
  customer: Customer,
  periodName: string | undefined,
): Promise<DashboardView> {
  const { customer: id, name } = customer;
  const who = { customer: id, customerName: name ?? id };
  try {
    const periods = await listBillingPeriods(deps.pool, id, PERIODS_MAX);
    const period = await requirePeriod(deps.pool, id, periodName ?? 'current', periods);
    return { ...who, billing: await billingOf(deps, customer, { period, periods }) };
  } catch (error) {
    const isTooEarly = error instanceof DomainError && error.code === 'period_not_found';
    if (isTooEarly && periodName === undefined) return { ...who, billing: null };
    throw error;
  }
}

async function billingOf(
  { pool, catalog, clocks }: ReportDeps,
  customer: Customer,
  { period, periods }: { readonly period: BillingPeriod; readonly periods: BillingPeriod[] },
): Promise<DashboardBilling> {
  const now = await nowOf(clocks, customer);
  const usage = await periodUsage(pool, customer, period);
  const grants = await grantsOf(pool, customer.customer, periods);
  const plan = await describePlan(pool, catalog, customer.plan);
  const report = reportOf(catalog, { customer, period, usage, grants, now, plan });
  const { lines, ...cost } = costOf(period.terms, period.statement);
  const { state, reasons, requestsPerMinute, upgrade } = report.access;
  const nameOf = async (id: string) => (await describePlan(pool, catalog, id))?.name ?? id;
  return {
    planName: await nameOf(report.plan),
    now: now.toISOString(),
    isOnTestClock: customer.testClock !== null,
    isEnded: now >= period.end,
    period: report.period,
    currency: report.currency,
    includedTokens: report.includedTokens,
    usedTokens: report.usedTokens,
    grantedTokens: report.grantedTokens,
    overageTokens: report.overageTokens,
    allowanceUsedPercent: report.allowanceUsedPercent,
    cost: {
      ...{ amountDueCents: cost.amountDueCents, planPriceCents: cost.basePriceCents },
      ...{ discounts: cost.discounts, lines },
    },
    projection: report.projection,
    usage,
    invoices: periods.flatMap((each) => invoicesOf(each, catalog)),
    access: {
      ...{ state, reasons, requestsPerMinute },
      upgradeName: upgrade === undefined ? undefined : await nameOf(upgrade),
    },
    waiting: now >= period.end ? null : await waitingChanges(customer, nameOf),
  };
}

const invoicesOf = (period: BillingPeriod, catalog: Catalog): DashboardInvoice[] =>
  invoiceOf(period, catalog.currency).map(({ id, status, totalCents, period: { start, end } }) => ({
    ...{ id, status, totalCents },
    period: { start: start.toISOString(), end: end.toISOString() },
  }));
