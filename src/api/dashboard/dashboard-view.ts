/** What the customer's page shows: the API's own report, and what it takes to name things. */
import type { Catalog } from '../core/catalog';
import { DomainError } from '../core/errors';
import { roundHalfUpCents } from '../core/money';
import type { DashboardBilling, DashboardInvoice, DashboardView } from '../dashboard/view';
import type { BillingPeriod } from '../db/billing-periods';
import { listBillingPeriods } from '../db/billing-periods';
import type { Customer } from '../db/customers';
import { requirePeriod } from './customer-period';
import { invoiceOf, PERIODS_MAX } from './reports';
import type { ReportDeps } from './usage-report';
import { nowOf, periodUsage, reportOf } from './usage-report';

/** `asked` undefined: the current period, or none yet. Throws as `requirePeriod` does. */
export async function dashboardView(
  deps: ReportDeps,
  customer: Customer,
  asked: string | undefined,
): Promise<DashboardView> {
  const customerName = customer.name ?? customer.customer;
  try {
    const period = await requirePeriod(deps.pool, customer.customer, asked ?? 'current');
    return { customerName, billing: await billingOf(deps, customer, period) };
  } catch (error) {
    const isTooEarly = error instanceof DomainError && error.code === 'period_not_found';
    if (isTooEarly && asked === undefined) return { customerName, billing: null };
    throw error;
  }
}

async function billingOf(
  { pool, catalog, clocks }: ReportDeps,
  customer: Customer,
  period: BillingPeriod,
): Promise<DashboardBilling> {
  const now = await nowOf(clocks, customer);
  const usage = await periodUsage(pool, customer, period);
  const report = reportOf(catalog, { customer, period, usage, now });
  const periods = await listBillingPeriods(pool, customer.customer, PERIODS_MAX);
  const { state, reasons, requestsPerMinute, upgrade } = report.access;
  return {
    planName: planName(catalog, report.plan),
    now: now.toISOString(),
    isOnTestClock: customer.testClock !== null,
    isEnded: now >= period.end,
    period: report.period,
    currency: report.currency,
    includedTokens: report.includedTokens,
    usedTokens: report.usedTokens,
    overageTokens: report.overageTokens,
    allowanceUsedPercent: report.allowanceUsedPercent,
    cost: {
      amountDueCents: report.amountDueCents,
      planPriceCents: period.terms.monthlyPriceCents,
      lines: period.statement.rates.map((rate) => ({
        rateId: rate.rateId,
        vendor: rate.vendor,
        tokens: rate.tokens,
        pricePerMillionTokens: rate.pricePerMillionTokens,
        amountCents: roundHalfUpCents(rate.amountCents),
      })),
    },
    projection: report.projection,
    usage,
    invoices: periods.flatMap((each) => invoicesOf(each, catalog)),
    access: {
      ...{ state, reasons, requestsPerMinute },
      upgradeName: upgrade === undefined ? undefined : planName(catalog, upgrade),
    },
  };
}

const invoicesOf = (period: BillingPeriod, catalog: Catalog): DashboardInvoice[] =>
  invoiceOf(period, catalog.currency).map(({ id, status, totalCents, period: { start, end } }) => ({
    ...{ id, status, totalCents },
    period: { start: start.toISOString(), end: end.toISOString() },
  }));

const planName = ({ plans }: Catalog, id: string): string =>
  plans.find((plan) => plan.id === id)?.name ?? id;
