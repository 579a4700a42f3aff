/** Reads what was billed from four places that know it independently, and compares them. */
import type { Pool } from 'pg';
import type Stripe from 'stripe';
import { isoSecond } from '../core/period';
import type { Statement } from '../core/invoices/statement';
import { scanLedger } from '../db/usage-reports';
import { readStripeInvoice } from '../stripe/invoice-snapshot';
import { createMeterSums } from '../stripe/meter-sums';
import { createPriceBook } from '../stripe/price-book';
import { meterEventName } from '../core/ids';
import { expect } from './oracle';
import type { PlayedCustomer } from './play';
import { periodsOf } from './play';

export interface MeasuredPeriod {
  readonly start: string;
  readonly end: string;
  readonly ledgerTokens: number;
  /** null means unlimited. */
  readonly includedTokens: number | null;
  readonly overageTokens: number;
  readonly workflowOverageTokens: number;
  readonly stripeMeterTokens: number;
  readonly invoiceOverageTokens: number;
  readonly invoiceAmountCents: number;
  readonly expectedAmountCents: number;
  readonly invoiceStatus: string;
  /** Tokens by which ledger, workflow, meter and invoice differ in sum. */
  readonly drift: number;
}

export interface MeasuredCustomer {
  readonly customer: string;
  readonly plan: string;
  readonly periods: readonly MeasuredPeriod[];
}

interface MeasureDeps {
  readonly pool: Pool;
  readonly stripe: Stripe;
}

export async function measure(
  deps: MeasureDeps,
  playedCustomer: PlayedCustomer,
): Promise<MeasuredCustomer> {
  const { customer, script } = playedCustomer;
  // The period that is open comes after those of the script.
  const lastPeriods = await periodsOf(deps, customer, script.periods.length + 1);
  const statements = lastPeriods.map(({ statement }) => statement);
  const billedStatements = statements.slice(0, script.periods.length);
  const periods = await Promise.all(
    billedStatements.map((statement, index) =>
      measurePeriod(deps, statement, expect(script.plan, script.periods[index] ?? [])),
    ),
  );
  return { customer, plan: script.plan, periods };
}

async function measurePeriod(
  deps: MeasureDeps,
  statement: Statement,
  expectation: ReturnType<typeof expect>,
): Promise<MeasuredPeriod> {
  const { customer, periodStart, periodEnd, includedTokens } = statement;
  const ledger = await scanLedger(deps.pool, customer, periodStart, periodEnd);
  const overageTokens =
    includedTokens === null ? 0 : Math.max(0, ledger.usedTokens - includedTokens);
  const workflow = byOwner(statement, statement.rates);
  const invoice = await readInvoice(deps, statement);
  const meter = byOwner(statement, await readMeters(deps, statement, invoice.stripeCustomerId));
  const metered = byOwner(statement, invoice.metered);
  const drift =
    differences(overageTokens, [workflow.own, meter.own, metered.own, expectation.overageTokens]) +
    differences(ledger.vendorTokens, [
      ...[workflow.sold, meter.sold, metered.sold, expectation.vendorTokens],
    ]);
  return {
    start: isoSecond(periodStart),
    end: isoSecond(periodEnd),
    ledgerTokens: ledger.usedTokens,
    includedTokens,
    overageTokens,
    workflowOverageTokens: workflow.own,
    stripeMeterTokens: meter.own,
    invoiceOverageTokens: metered.own,
    invoiceAmountCents: invoice.totalCents,
    expectedAmountCents: expectation.invoiceCents,
    invoiceStatus: invoice.status,
    drift: drift + Math.abs(ledger.usedTokens - expectation.usedTokens),
  };
}

interface RateTokens {
  readonly rateId: string;
  readonly tokens: number;
}

/** The platform's own overage, and what vendors sold. */
function byOwner(
  { rates }: Statement,
  rateTokens: readonly RateTokens[],
): { own: number; sold: number } {
  const isSold = ({ rateId }: RateTokens) =>
    rates.some((rate) => rate.rateId === rateId && rate.vendor !== undefined);
  const sum = (tokensOfRates: readonly RateTokens[]) =>
    tokensOfRates.reduce((total, { tokens }) => total + tokens, 0);
  return {
    own: sum(rateTokens.filter((one) => !isSold(one))),
    sold: sum(rateTokens.filter(isSold)),
  };
}

const differences = (tokens: number, otherTokens: readonly number[]): number =>
  otherTokens.reduce((sum, otherCount) => sum + Math.abs(tokens - otherCount), 0);

async function readInvoice({ stripe }: MeasureDeps, statement: Statement) {
  if (!statement.invoice)
    throw new Error(
      `${statement.customer} has no invoice for ${isoSecond(statement.periodStart)}.`,
    );
  const { snapshot, stripeCustomerId } = await readStripeInvoice(
    stripe,
    createPriceBook(stripe),
    statement.invoice.id,
  );
  if (!stripeCustomerId) throw new Error(`Invoice ${snapshot.id} has no customer.`);
  return {
    metered: snapshot.lines.flatMap(({ rateId, quantity: tokens }) =>
      rateId === null ? [] : [{ rateId, tokens }],
    ),
    totalCents: snapshot.totalCents,
    status: snapshot.status,
    stripeCustomerId,
  };
}

async function readMeters({ stripe }: MeasureDeps, statement: Statement, customer: string) {
  const period = { start: statement.periodStart, end: statement.periodEnd };
  const rates = statement.rates.map(({ rateId }) => ({
    id: rateId,
    meterEventName: meterEventName(rateId),
  }));
  const sums = await createMeterSums(stripe).sumRates(rates, customer, period);
  return Object.entries(sums).map(([rateId, tokens]) => ({ rateId, tokens }));
}
