/** `tollkeeper reconcile`: ledger · workflow · Stripe meter, each read where it is kept. */
import { setTimeout as pause } from 'node:timers/promises';
import { requireCustomer } from '../api/customer-period';
import { meterEventName } from '../core/ids';
import { checkPeriod } from '../core/reconciliation';
import type { PeriodCheck } from '../core/reconciliation';
import { missingBatch, replayedPeriod } from '../core/replay';
import type { Statement } from '../core/statement';
import { listBillingPeriods } from '../db/billing-periods';
import { allCustomers } from '../db/customers';
import type { Customer } from '../db/customers';
import { inLedgerSnapshot, proveBatches } from '../db/ledger-proof';
import { createMeterSums } from '../stripe/meter-sums';
import type { MeterSums } from '../stripe/meter-sums';
import { replayLedger } from './ledger-replay';
import { askWorkflow, asOperator, print } from './operator';
import type { OperatorDeps, OutputOptions, WorkflowAnswer } from './operator';
import { reconciliationText } from './reconcile-text';

/** Open periods, and the archived one before them. */
const PERIODS_READ = 24;
const PAUSE_MS = 500;

export interface CustomerCheck {
  readonly customer: string;
  readonly periods: readonly PeriodCheck[];
  /** Usage batches counted; `ledger` from a replay of all of them. */
  readonly appliedSequence: { readonly ledger: number; readonly workflow: number | null };
  /** The first batch that the ledger has lost, if it has. */
  readonly missingBatch: number | null;
  /** The workflow's open exceptions, in its words. */
  readonly exceptions: readonly string[];
  /** Why the workflow was not heard: what it last wrote down is compared instead. */
  readonly note: string | null;
  readonly equal: boolean;
}

export interface Reconciliation {
  readonly ok: boolean;
  readonly customers: readonly CustomerCheck[];
}

export async function reconcile(
  id: string | undefined,
  options: OutputOptions & { readonly wait: number },
): Promise<void> {
  await asOperator(async (deps) => {
    const result = await checkLedger(deps, id, options.wait * 1000);
    print(result, reconciliationText, options);
    if (!result.ok) process.exitCode = 1;
  });
}

/** One customer, or all. */
export async function checkLedger(
  deps: OperatorDeps,
  id: string | undefined,
  waitMs: number,
): Promise<Reconciliation> {
  const meters = createMeterSums(deps.stripe);
  const customers: CustomerCheck[] = [];
  if (id === undefined) {
    for await (const customer of allCustomers(deps.pool))
      customers.push(await checkWhenSettled(deps, meters, customer, waitMs));
  } else {
    const customer = await requireCustomer(deps.pool, id);
    customers.push(await checkWhenSettled(deps, meters, customer, waitMs));
  }
  return { ok: customers.every(({ equal }) => equal), customers };
}

/** Usage on its way differs for a moment: only what still differs after a while is a drift. */
async function checkWhenSettled(
  deps: OperatorDeps,
  meters: MeterSums,
  customer: Customer,
  waitMs: number,
): Promise<CustomerCheck> {
  const deadline = Date.now() + waitMs;
  for (;;) {
    const check = await checkCustomer(deps, meters, customer);
    if (check.equal || Date.now() >= deadline) return check;
    await pause(PAUSE_MS);
  }
}

async function checkCustomer(
  deps: OperatorDeps,
  meters: MeterSums,
  customer: Customer,
): Promise<CustomerCheck> {
  const id = customer.customer;
  const answer = await askWorkflow(deps, id);
  const statements = await statementsToCheck(deps, id, answer);
  const replayed = await inLedgerSnapshot(deps.pool, async (client) => ({
    replay: await replayLedger(client, customer),
    proofs: await inTurn(statements, (statement) =>
      proveBatches(client, id, { start: statement.periodStart, end: statement.periodEnd }),
    ),
  }));
  const { replay, proofs } = replayed;
  const periods = await inTurn(statements, async (workflow, at) =>
    checkPeriod({
      replayed: replayedPeriod(replay, workflow.periodStart) ?? { usedTokens: 0, rates: {} },
      lateTokens: replay.lateTokens[workflow.periodStart] ?? 0,
      workflow,
      meterTokens: await readMeters(meters, customer, workflow),
      proof: proofs[at] as (typeof proofs)[number],
    }),
  );
  const lost = missingBatch(replay);
  const counted = answer.answered ? answer.state.appliedSequence : null;
  return {
    customer: id,
    periods,
    appliedSequence: { ledger: replay.state.appliedSequence, workflow: counted },
    missingBatch: lost,
    exceptions: answer.answered ? answer.state.exceptions.map(({ message }) => message) : [],
    note: answer.answered ? null : answer.reason,
    equal: lost === null && periods.every(({ equal }) => equal),
  };
}

/**
 * Periods as the workflow has them, and the latest archived one. Of that, too, the workflow knows
 * more while usage may still come for it: it is written down again with the next change.
 */
async function statementsToCheck(
  { pool }: OperatorDeps,
  customer: string,
  answer: WorkflowAnswer,
): Promise<Statement[]> {
  const rows = await listBillingPeriods(pool, customer, PERIODS_READ);
  const archived = rows.find(({ archivedAt }) => archivedAt !== null)?.statement;
  const written = rows.filter(({ archivedAt }) => !archivedAt).map(({ statement }) => statement);
  const open = answer.answered ? answer.statements : written;
  return [...open, ...(archived ? [archived] : [])]
    .filter(
      ({ periodStart }, at, all) =>
        all.findIndex((other) => other.periodStart === periodStart) === at,
    )
    .sort((a, b) => a.periodStart - b.periodStart);
}

async function readMeters(meters: MeterSums, customer: Customer, statement: Statement) {
  if (!customer.stripeCustomerId) return {};
  return meters.sumRates(
    statement.rates.map(({ rateId }) => ({ id: rateId, meterEventName: meterEventName(rateId) })),
    customer.stripeCustomerId,
    { start: statement.periodStart, end: statement.periodEnd },
  );
}

/** One after the other: a connection does one thing at a time. */
async function inTurn<T, R>(
  items: readonly T[],
  work: (item: T, at: number) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  for (const [at, item] of items.entries()) results.push(await work(item, at));
  return results;
}
