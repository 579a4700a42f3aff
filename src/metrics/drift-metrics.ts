/** Gauges of the audit of drift: ledger against Stripe, whatever the workflows say. */
import type { Pool } from 'pg';
import type { Registry } from 'prom-client';
import { readDriftGauges } from '../db/drift-checks';
import type { DriftGauges } from '../db/drift-checks';
import { atMostEvery } from './at-most-every';
import { singleGauges } from './single-gauges';

const READ_AGAIN_AFTER_MS = 15_000;

/** NaN while the database can't be reached. */
const UNKNOWN: DriftGauges = {
  ...{ driftTokens: NaN, silentWorkflows: NaN, uncheckedCustomers: NaN, overdueSeconds: NaN },
};

export function registerDrift(pool: Pool, registers: Registry[]): void {
  const readGauges = atMostEvery(READ_AGAIN_AFTER_MS, () =>
    readDriftGauges(pool).catch(() => UNKNOWN),
  );
  const single = singleGauges(registers, readGauges);
  single(
    'tollkeeper_drift_tokens',
    "Billable tokens by which Stripe's meters differ from the ledger, in open periods",
    ({ driftTokens }) => driftTokens,
  );
  single(
    'tollkeeper_silent_workflows',
    'Customers whose workflow does not answer: its task fails, or there is none',
    ({ silentWorkflows }) => silentWorkflows,
  );
  single(
    'tollkeeper_unchecked_customers',
    'Customers of whom ledger and Stripe could not be compared when last tried',
    ({ uncheckedCustomers }) => uncheckedCustomers,
  );
  single(
    'tollkeeper_drift_check_overdue_seconds',
    'By how much the comparison that has waited longest is late',
    ({ overdueSeconds }) => overdueSeconds,
  );
}
