/**
 * Looks at one customer after another, whoever was not looked at longest: does Stripe's meter have
 * what the ledger says, and does the workflow answer? What is found is what `/metrics` tells.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { claimDriftCheck, recordDriftFinding } from '../db/drift-checks';
import type { DriftFinding } from '../db/drift-checks';
import type { Customer } from '../db/customers';
import { createMeterSums } from '../stripe/meter-sums';
import type { MeterSums } from '../stripe/meter-sums';
import type Stripe from 'stripe';
import { checkCustomer } from './check-customer';
import type { CustomerCheck, DriftDeps } from './check-customer';

/** The audit rests between two customers: it is never what spends Stripe's budget. */
const PAUSE_MS = 250;
const IDLE_MS = 5_000;

export interface DriftAuditDeps extends DriftDeps {
  readonly stripe: Stripe;
  readonly log: { error(detail: object, message: string): void };
  readonly config: { readonly DRIFT_CHECK_MINUTES: number };
}

/** False: nobody is due. A fault of one customer is what was found of that one. */
export async function auditNext(deps: DriftAuditDeps, meters: MeterSums): Promise<boolean> {
  const { pool, config } = deps;
  const customer = await claimDriftCheck(pool, config.DRIFT_CHECK_MINUTES);
  if (!customer) return false;
  const finding = await findingOf(deps, meters, customer);
  await recordDriftFinding(pool, finding, config.DRIFT_CHECK_MINUTES);
  return true;
}

async function findingOf(
  deps: DriftAuditDeps,
  meters: MeterSums,
  customer: Customer,
): Promise<DriftFinding> {
  const id = customer.customer;
  try {
    const check = await checkCustomer(deps, meters, customer);
    return {
      customer: id,
      driftTokens: driftOf(check),
      answers: check.note === null,
      fault: check.note,
    };
  } catch (error) {
    const fault = error instanceof Error ? error.message : String(error);
    deps.log.error({ err: error, customer: id }, 'a customer could not be audited');
    return { customer: id, driftTokens: null, answers: true, fault };
  }
}

/** What is finalized differs by an exception of its own, or was settled by an operator. */
const DRIFTING = ['open', 'closing', 'reconciled'];

export const driftOf = ({ periods }: CustomerCheck): number =>
  periods
    .filter(({ phase }) => DRIFTING.includes(phase))
    .flatMap(({ rates }) => rates)
    .reduce((sum, { drift }) => sum + Math.abs(drift), 0);

/** The audit runs until it is stopped. */
export function startDriftAudit(deps: DriftAuditDeps): { stop(): Promise<void> } {
  const stop = new AbortController();
  const meters = createMeterSums(deps.stripe);
  const running = run(deps, meters, stop.signal);
  return {
    stop: async () => {
      stop.abort();
      await running;
    },
  };
}

async function run(
  deps: DriftAuditDeps,
  meters: MeterSums,
  stopSignal: AbortSignal,
): Promise<void> {
  while (!stopSignal.aborted) {
    const isOneFound = await auditNext(deps, meters).catch((error: unknown) => {
      deps.log.error({ err: error }, 'the audit of drift failed');
      return false;
    });
    await pause(isOneFound ? PAUSE_MS : IDLE_MS, undefined, { signal: stopSignal }).catch(
      () => undefined,
    );
  }
}
