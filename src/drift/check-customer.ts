/** Ledger · workflow · Stripe meter of one customer, each read where it is kept. */
import type { Client } from '@temporalio/client';
import type { Pool } from 'pg';
import { meterEventName } from '../core/ids';
import { checkPeriod } from '../core/proof/ledger-check';
import type { PeriodCheck } from '../core/proof/ledger-check';
import { missingBatch, replayedPeriod } from '../core/proof/replay';
import type { Statement } from '../core/invoices/statement';
import { listBillingPeriods } from '../db/billing-periods';
import type { Customer } from '../db/customers';
import { inLedgerSnapshot, proveBatches } from '../db/ledger-proof';
import type { MeterSums } from '../stripe/meter-sums';
import { askWorkflow } from './ask-workflow';
import type { WorkflowAnswer } from './ask-workflow';
import { replayLedger } from './ledger-replay';

/** It reads the open periods, and the archived one before them. */
const PERIODS_READ = 24;

export interface DriftDeps {
  readonly pool: Pool;
  readonly temporal: Client;
}

export interface CustomerCheck {
  readonly customer: string;
  readonly periods: readonly PeriodCheck[];
  /** It counts usage batches; `ledger` is from a replay of all of them. */
  readonly appliedSequence: { readonly ledger: number; readonly workflow: number | null };
  /** The first batch that the ledger has lost, if it has. */
  readonly missingBatch: number | null;
  /** The workflow's open exceptions, in its words. */
  readonly exceptions: readonly string[];
  /** Why the workflow was not heard: what it last wrote down is compared instead. */
  readonly note: string | null;
  readonly equal: boolean;
}

export async function checkCustomer(
  deps: DriftDeps,
  meters: MeterSums,
  customer: Customer,
): Promise<CustomerCheck> {
  const id = customer.customer;
  const answer = await askWorkflow(deps, id);
  const statements = await statementsToCheck(deps, id, answer);
  const ledger = await inLedgerSnapshot(deps.pool, async (client) => ({
    replay: await replayLedger(client, customer),
    proofs: await inTurn(statements, (statement) =>
      proveBatches(client, id, { start: statement.periodStart, end: statement.periodEnd }),
    ),
  }));
  const { replay, proofs } = ledger;
  const periods = await inTurn(statements, async (workflow, index) =>
    checkPeriod({
      replayed: replayedPeriod(replay, workflow.periodStart) ?? { usedTokens: 0, rates: {} },
      lateTokens: replay.lateTokens[workflow.periodStart] ?? 0,
      workflow,
      meterTokens: await readMeters(meters, customer, workflow),
      proof: proofs[index] as (typeof proofs)[number],
    }),
  );
  const lostBatch = missingBatch(replay);
  const sequence = answer.answered ? answer.state.appliedSequence : null;
  return {
    customer: id,
    periods,
    appliedSequence: { ledger: replay.state.appliedSequence, workflow: sequence },
    missingBatch: lostBatch,
    exceptions: answer.answered ? answer.state.exceptions.map(({ message }) => message) : [],
    note: answer.answered ? null : answer.reason,
    equal: lostBatch === null && periods.every(({ equal }) => equal),
  };
}

/**
 * Periods as the workflow has them, and the latest archived one. Of that, too, the workflow knows
 * more while usage may still come for it: it is written down again with the next change.
 */
async function statementsToCheck(
  { pool }: DriftDeps,
  customer: string,
  answer: WorkflowAnswer,
): Promise<Statement[]> {
  const rows = await listBillingPeriods(pool, customer, PERIODS_READ);
  const archivedStatement = rows.find(({ archivedAt }) => archivedAt !== null)?.statement;
  const writtenStatements = rows
    .filter(({ archivedAt }) => !archivedAt)
    .map(({ statement }) => statement);
  const openStatements = answer.answered ? answer.statements : writtenStatements;
  return [...openStatements, ...(archivedStatement ? [archivedStatement] : [])]
    .filter(
      ({ periodStart }, index, statements) =>
        statements.findIndex((otherStatement) => otherStatement.periodStart === periodStart) ===
        index,
    )
    .sort((a, b) => a.periodStart - b.periodStart);
}

async function readMeters(meters: MeterSums, customer: Customer, statement: Statement) {
  if (!customer.stripeCustomerId) return {};
  return meters.sumRates(
    statement.rates.map(({ rateId, meteredFrom: from }) => ({
      id: rateId,
      meterEventName: meterEventName(rateId),
      ...(from !== undefined && { from }),
    })),
    customer.stripeCustomerId,
    { start: statement.periodStart, end: statement.periodEnd },
  );
}

/** One after the other: a connection does one thing at a time. */
async function inTurn<T, R>(
  items: readonly T[],
  work: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  for (const [index, item] of items.entries()) results.push(await work(item, index));
  return results;
}
