/** Reads what was billed from four places that know it independently, and compares them. */
import type { Pool } from 'pg';
import type Stripe from 'stripe';
import { isoSecond } from '../core/period';
import type { Statement } from '../core/statement';
import { sumLedger } from '../db/usage-reports';
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
  /** null: unlimited. */
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
  played: PlayedCustomer,
): Promise<MeasuredCustomer> {
  const { customer, script } = played;
  const statements = (await periodsOf(deps, customer)).map(({ statement }) => statement);
  const billed = statements.slice(0, script.periods.length);
  const periods = await Promise.all(
    billed.map((statement, at) =>
      measurePeriod(deps, statement, expect(script.plan, script.periods[at] ?? [])),
    ),
  );
  return { customer, plan: script.plan, periods };
}

async function measurePeriod(
  deps: MeasureDeps,
  statement: Statement,
  expected: ReturnType<typeof expect>,
): Promise<MeasuredPeriod> {
  const { customer, periodStart, periodEnd, includedTokens } = statement;
  const ledger = await sumLedger(deps.pool, customer, periodStart, periodEnd);
  const overageTokens =
    includedTokens === null ? 0 : Math.max(0, ledger.usedTokens - includedTokens);
  const workflow = statement.rates
    .filter(({ vendor }) => vendor === undefined)
    .reduce((sum, rate) => sum + rate.tokens, 0);
  const invoice = await readInvoice(deps, statement);
  const meter = await readMeters(deps, statement, invoice.stripeCustomerId);
  const others = [workflow, meter, invoice.overageTokens, expected.overageTokens];
  const drift = others.reduce((sum, tokens) => sum + Math.abs(overageTokens - tokens), 0);
  return {
    start: isoSecond(periodStart),
    end: isoSecond(periodEnd),
    ledgerTokens: ledger.usedTokens,
    includedTokens,
    overageTokens,
    workflowOverageTokens: workflow,
    stripeMeterTokens: meter,
    invoiceOverageTokens: invoice.overageTokens,
    invoiceAmountCents: invoice.totalCents,
    expectedAmountCents: expected.invoiceCents,
    invoiceStatus: invoice.status,
    drift: drift + Math.abs(ledger.usedTokens - expected.usedTokens),
  };
}

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
    overageTokens: snapshot.lines
      .filter(({ rateId }) => rateId !== null)
      .reduce((sum, { quantity }) => sum + quantity, 0),
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
  return Object.values(sums).reduce((total, tokens) => total + tokens, 0);
}
