/** Gauges of billing itself, read from the database: any API tells them, and all tell the same. */
import type { Pool } from 'pg';
import { Gauge } from 'prom-client';
import type { Registry } from 'prom-client';
import { readBillingGauges } from '../db/billing-gauges';
import type { BillingGauges } from '../db/billing-gauges';
import { readImportGauges } from '../db/import-exceptions';
import { atMostEvery } from './at-most-every';
import { singleGauges } from './single-gauges';

/** It reads every open period. */
const READ_AGAIN_AFTER_MS = 30_000;

/** NaN while the database can't be reached. */
const UNKNOWN: BillingGauges = {
  ...{ unreportedTokens: NaN, unpricedTokens: NaN, overduePeriods: NaN },
  reconciliationAgeSeconds: NaN,
  ...{ stripeEventsWaiting: NaN, stripeEventsWaitingSeconds: NaN },
  ...{ unpaid: [], vendors: [] },
};

export function registerBilling(pool: Pool, registers: Registry[]): void {
  const readGauges = atMostEvery(READ_AGAIN_AFTER_MS, () =>
    readBillingGauges(pool).catch(() => UNKNOWN),
  );
  const single = singleGauges(registers, readGauges);
  single(
    'tollkeeper_unreported_tokens',
    'Billable tokens that Stripe has not acknowledged, or too many, five minutes after the last',
    ({ unreportedTokens }) => unreportedTokens,
  );
  single(
    'tollkeeper_unpriced_tokens',
    'Tokens of open periods that no rate of their plan prices: they are billed nowhere',
    ({ unpricedTokens }) => unpricedTokens,
  );
  single(
    'tollkeeper_overdue_periods',
    'Periods that ended three hours ago or more and whose invoice is not final',
    ({ overduePeriods }) => overduePeriods,
  );
  single(
    'tollkeeper_reconciliation_age_seconds',
    "Since the daily reconciliation last read Stripe's events; NaN: it never did",
    ({ reconciliationAgeSeconds }) => reconciliationAgeSeconds ?? NaN,
  );
  single(
    'tollkeeper_stripe_events_waiting',
    "Stripe's events in the inbox that were not followed yet",
    ({ stripeEventsWaiting }) => stripeEventsWaiting,
  );
  single(
    'tollkeeper_stripe_events_waiting_seconds',
    "Age of the one of Stripe's events that has waited longest in the inbox",
    ({ stripeEventsWaitingSeconds }) => stripeEventsWaitingSeconds,
  );
  new Gauge({
    name: 'tollkeeper_unpaid_customers',
    help: 'Customers with an unpaid invoice, by the access that they have: warned or throttled',
    labelNames: ['access'] as const,
    registers,
    async collect() {
      const { unpaid } = await readGauges();
      for (const access of ['warned', 'throttled'])
        this.set({ access }, unpaid.find((one) => one.access === access)?.customers ?? 0);
    },
  });
  registerVendors(readGauges, registers);
  registerImports(pool, registers);
}

function registerImports(pool: Pool, registers: Registry[]): void {
  const readCounts = atMostEvery(READ_AGAIN_AFTER_MS, () =>
    readImportGauges(pool).catch(() => ({ refused: NaN, overdue: NaN })),
  );
  new Gauge({
    name: 'tollkeeper_unbilled_imports',
    help: 'Imports that were to be billed and are not: refused, or overdue at their renewal',
    labelNames: ['because'] as const,
    registers,
    async collect() {
      const { refused, overdue } = await readCounts();
      this.set({ because: 'refused' }, refused);
      this.set({ because: 'overdue' }, overdue);
    },
  });
}

function registerVendors(read: () => Promise<BillingGauges>, registers: Registry[]): void {
  new Gauge({
    name: 'tollkeeper_vendor_owed_cents',
    help: 'What a vendor earned and was not moved yet; below zero: a debt',
    labelNames: ['vendor'] as const,
    registers,
    async collect() {
      this.reset();
      for (const { vendor, owedCents } of (await read()).vendors) this.set({ vendor }, owedCents);
    },
  });
  new Gauge({
    name: 'tollkeeper_vendor_charges_waiting',
    help: 'Charges whose share of a vendor is not moved yet',
    labelNames: ['vendor'] as const,
    registers,
    async collect() {
      this.reset();
      for (const { vendor, waiting } of (await read()).vendors) this.set({ vendor }, waiting);
    },
  });
}
