/** `tollkeeper dunning list`: the cases of unpaid invoices, and what comes next in each. */
import { dunningStatusQuery } from '../../../workflows/contract';
import { nextStep } from '../../core/dunning/dunning';
import type { DunningState } from '../../core/dunning/dunning';
import { dunningWorkflowId } from '../../core/ids';
import { formatCents } from '../../core/money';
import { invoicesInDunning } from './open-workflows';
import { asOperator, minute, plainTable, print } from './operator';
import type { OperatorDeps, OutputOptions } from './operator';

export interface DunningRow {
  readonly invoice: string;
  readonly customer: string;
  readonly amountDueCents: number;
  /** ISO 8601, as all times here. */
  readonly unpaidSince: string;
  readonly stepsTaken: number;
  readonly access: DunningState['access'];
  readonly next: { readonly action: string; readonly day: number; readonly at: string } | null;
  readonly pause: { readonly until: string | null; readonly reason: string } | null;
  /** How it ended; null: it is under way. */
  readonly outcome: DunningState['outcome'];
}

export interface DunningCases {
  readonly cases: readonly DunningRow[];
  /** Invoices whose case did not answer, and why. */
  readonly unheard: readonly { readonly invoice: string; readonly reason: string }[];
}

export async function listDunning(options: OutputOptions): Promise<void> {
  await asOperator(async (deps) => {
    const dunning = await readDunning(deps);
    const { currency } = deps.catalog;
    print(dunning, (cases) => dunningText(cases, currency), options);
    if (dunning.unheard.length > 0) process.exitCode = 1;
  });
}

/** The longest unpaid come first. */
export async function readDunning(deps: OperatorDeps): Promise<DunningCases> {
  const cases: DunningRow[] = [];
  const silentWorkflows: { invoice: string; reason: string }[] = [];
  for (const invoice of await invoicesInDunning(deps)) {
    try {
      cases.push(await readCase(deps, invoice));
    } catch (error) {
      silentWorkflows.push({
        invoice,
        reason: error instanceof Error ? error.message : String(error),
      });
    }
  }
  cases.sort((a, b) => (a.unpaidSince < b.unpaidSince ? -1 : 1));
  return { cases, unheard: silentWorkflows };
}

/** A query waits if there is no worker. */
const CASE_WAIT_MS = 10_000;

export async function readCase(
  { temporal }: Pick<OperatorDeps, 'temporal'>,
  invoice: string,
): Promise<DunningRow> {
  const workflow = temporal.workflow.getHandle(dunningWorkflowId(invoice));
  return rowOf(
    await temporal.withDeadline(Date.now() + CASE_WAIT_MS, () =>
      workflow.query(dunningStatusQuery),
    ),
  );
}

const iso = (milliseconds: number): string => new Date(milliseconds).toISOString();

function rowOf(state: DunningState): DunningRow {
  const { pause } = state;
  const step = state.outcome === null ? nextStep(state) : undefined;
  return {
    invoice: state.invoiceId,
    customer: state.customer,
    amountDueCents: state.amountDueCents,
    unpaidSince: iso(state.firstFailedAt),
    stepsTaken: state.stepsTaken,
    access: state.access,
    next: step ? { action: step.step.action, day: step.step.day, at: iso(step.at) } : null,
    pause: pause
      ? { until: pause.until === null ? null : iso(pause.until), reason: pause.reason }
      : null,
    outcome: state.outcome,
  };
}

export function dunningText({ cases, unheard }: DunningCases, currency: string): string {
  const silentLines = unheard.map(({ invoice, reason }) => `${invoice}: ${reason}`);
  if (cases.length === 0) return [...silentLines, 'No invoice is unpaid.'].join('\n');
  const rows = cases.map((one) => [
    one.customer,
    one.invoice,
    minute(one.unpaidSince),
    one.access,
    nextText(one),
    formatCents(one.amountDueCents, currency),
  ]);
  const head = ['customer', 'invoice', 'unpaid since', 'access', 'next', 'due'];
  return [plainTable(head, rows, 5), ...silentLines].join('\n');
}

export function nextText({ next, pause }: DunningRow): string {
  if (pause) return `paused${pause.until ? ` until ${minute(pause.until)}` : ''}: ${pause.reason}`;
  return next ? `day ${next.day}, ${next.action}: ${minute(next.at)}` : 'given up';
}
