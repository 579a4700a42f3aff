/** `tollkeeper customer`: what we, Stripe's ids and the workflow say of a customer. */
import { requireCustomer } from '../../api/customers/customer-period';
import { isoSecond } from '../../core/period';
import { unbilledTimes } from '../../core/subscription/unbilled';
import type { Customer } from '../../db/customers';
import { askWorkflow } from '../../drift/ask-workflow';
import type { WorkflowAnswer } from '../../drift/ask-workflow';
import { asOperator, plainList, print, span } from './operator';
import type { OperatorDeps, OutputOptions } from './operator';

export type CustomerReport = Customer & {
  readonly workflow: ReturnType<typeof workflowReport>;
};

export async function customer(id: string, options: OutputOptions): Promise<void> {
  await asOperator(async (deps) => print(await readCustomer(deps, id), customerText, options));
}

export async function readCustomer(deps: OperatorDeps, id: string): Promise<CustomerReport> {
  const row = await requireCustomer(deps.pool, id);
  return { ...row, workflow: workflowReport(await askWorkflow(deps, id)) };
}

function workflowReport(answer: WorkflowAnswer) {
  if (!answer.answered) return answer;
  const { state } = answer;
  const period = state.periods.at(-1);
  return {
    answered: true as const,
    billingStatus: state.billingStatus,
    plan: period?.terms.planId ?? null,
    period: period ? { start: isoSecond(period.start), end: isoSecond(period.end) } : null,
    /** Periods whose invoice is not paid, the current one included. */
    openPeriods: state.periods.length,
    appliedSequence: state.appliedSequence,
    knownSequence: state.knownSequence,
    awaitsPeriod: state.awaitsPeriod,
    unbilledTokens: state.unbilledTokens,
    unbilled: unbilledTimes(state),
    exceptions: state.exceptions.map((exception) => ({
      ...exception,
      since: new Date(exception.since).toISOString(),
    })),
  };
}

export function customerText({ workflow, ...row }: CustomerReport): string {
  const period =
    row.periodStart && row.periodEnd
      ? span({ start: row.periodStart.getTime() / 1000, end: row.periodEnd.getTime() / 1000 })
      : null;
  return plainList([
    ['customer', row.customer],
    ['name', row.name],
    ['email', row.email],
    ['plan', row.plan],
    ['billing status', row.billingStatus],
    ['period', period],
    ['next plan', row.nextPlan && `${row.nextPlan} from ${row.nextPlanFrom?.toISOString()}`],
    ['ends', row.cancelAt?.toISOString()],
    ['collection', row.collectionPaused && `paused, ${row.collectionPaused}`],
    ['auto upgrade', row.autoUpgrade ? 'yes' : null],
    ['Stripe customer', row.stripeCustomerId ?? 'none yet'],
    ['subscription', row.subscriptionId ?? 'none yet'],
    ['test clock', row.testClock],
    ['created', row.createdAt.toISOString()],
    ...workflowRows(workflow),
  ]);
}

function workflowRows(workflow: CustomerReport['workflow']): [string, string][] {
  if (!workflow.answered) return [['workflow', workflow.reason]];
  const exceptions = workflow.exceptions.map(
    ({ kind, since, message }) => `${kind} since ${since}: ${message}`,
  );
  const waitText = workflow.awaitsPeriod ? ', the next one waits for the next period' : '';
  return [
    ['workflow', workflow.billingStatus],
    ['open periods', String(workflow.openPeriods)],
    [
      'usage batches',
      `${workflow.appliedSequence} of ${workflow.knownSequence} counted${waitText}`,
    ],
    ['not billed', `${workflow.unbilledTokens} tokens of no open period`],
    ...workflow.unbilled.map(({ start, end, tokens, valueCents }): [string, string] => [
      'without a subscription',
      `${tokens} tokens, worth ${valueCents} cents, from ${isoSecond(start)} to ` +
        (end === null ? 'now' : isoSecond(end)),
    ]),
    ['exceptions', exceptions.length > 0 ? exceptions.join('; ') : 'none open'],
  ];
}
