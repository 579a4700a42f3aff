/** `tollkeeper dunning`: the cases of unpaid invoices, and pausing their schedule. */
import { dunningStatus } from '../../workflows/contract';
import { nextStep } from '../core/dunning';
import type { DunningState } from '../core/dunning';
import { dunningWorkflowId } from '../core/ids';
import { invoicesInDunning } from './open-workflows';
import { asOperator, plainTable, print } from './operator';
import type { ChangingDeps, OperatorDeps, OutputOptions } from './operator';

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
}

export interface DunningCases {
  readonly cases: readonly DunningRow[];
  /** Invoices whose case did not answer, and why. */
  readonly unheard: readonly { readonly invoice: string; readonly reason: string }[];
}

export async function listDunning(options: OutputOptions): Promise<void> {
  await asOperator(async (deps) => print(await readDunning(deps), dunningText, options));
}

/** Longest unpaid first. */
export async function readDunning(deps: OperatorDeps): Promise<DunningCases> {
  const cases: DunningRow[] = [];
  const unheard: { invoice: string; reason: string }[] = [];
  for (const invoice of await invoicesInDunning(deps)) {
    const workflow = deps.temporal.workflow.getHandle(dunningWorkflowId(invoice));
    try {
      const state = await deps.temporal.withDeadline(Date.now() + CASE_WAIT_MS, () =>
        workflow.query(dunningStatus),
      );
      cases.push(rowOf(state));
    } catch (error) {
      unheard.push({ invoice, reason: error instanceof Error ? error.message : String(error) });
    }
  }
  cases.sort((a, b) => (a.unpaidSince < b.unpaidSince ? -1 : 1));
  return { cases, unheard };
}

/** Without a worker a query waits. */
const CASE_WAIT_MS = 10_000;

const iso = (milliseconds: number): string => new Date(milliseconds).toISOString();

function rowOf(state: DunningState): DunningRow {
  const { pause } = state;
  const next = state.outcome === null ? nextStep(state) : undefined;
  return {
    invoice: state.invoiceId,
    customer: state.customer,
    amountDueCents: state.amountDueCents,
    unpaidSince: iso(state.firstFailedAt),
    stepsTaken: state.stepsTaken,
    access: state.access,
    next: next ? { action: next.step.action, day: next.step.day, at: iso(next.at) } : null,
    pause: pause
      ? { until: pause.until === null ? null : iso(pause.until), reason: pause.reason }
      : null,
  };
}

export function dunningText({ cases, unheard }: DunningCases): string {
  const silent = unheard.map(({ invoice, reason }) => `${invoice}: ${reason}`);
  if (cases.length === 0) return [...silent, 'No invoice is unpaid.'].join('\n');
  const rows = cases.map((one) => [
    one.customer,
    one.invoice,
    one.unpaidSince,
    one.access,
    nextText(one),
    String(one.amountDueCents),
  ]);
  const head = ['customer', 'invoice', 'unpaid since', 'access', 'next', 'cents'];
  return [plainTable(head, rows, 5), ...silent].join('\n');
}

function nextText({ next, pause }: DunningRow): string {
  if (pause) return `paused${pause.until ? ` until ${pause.until}` : ''}: ${pause.reason}`;
  return next ? `day ${next.day}, ${next.action}: ${next.at}` : 'given up';
}

export interface PauseArguments {
  readonly until?: string;
  readonly reason: string;
}

export async function pause(invoice: string, options: PauseArguments): Promise<void> {
  await asOperator(async (deps) => console.log(await pauseDunning(deps, invoice, options)));
}

export async function pauseDunning(
  { updates }: Pick<ChangingDeps, 'updates'>,
  invoice: string,
  { until: asked, reason }: PauseArguments,
): Promise<string> {
  const until = asked === undefined ? null : timeAhead(asked);
  await updates.pauseDunning(null, invoice, { until, reason });
  return until === null
    ? `The dunning of ${invoice} waits until: tollkeeper dunning resume ${invoice}`
    : `The dunning of ${invoice} waits until ${iso(until)}.`;
}

function timeAhead(asked: string): number {
  const until = new Date(asked).getTime();
  if (/^\d{4}-\d{2}-\d{2}/.test(asked) && until > Date.now()) return until;
  throw new Error(
    `--until is ${JSON.stringify(asked)}: expected a time to come, such as ` +
      `${new Date(Date.now() + DAY_MS).toISOString()}.`,
  );
}

const DAY_MS = 24 * 60 * 60 * 1000;

export async function resume(invoice: string, { reason }: { reason: string }): Promise<void> {
  await asOperator(async (deps) => console.log(await resumeDunning(deps, invoice, reason)));
}

/** Whatever the workflow's clock says: it is in the past. */
const AT_ONCE = 0;

export async function resumeDunning(
  { updates }: Pick<ChangingDeps, 'updates'>,
  invoice: string,
  reason: string,
): Promise<string> {
  await updates.pauseDunning(null, invoice, { until: AT_ONCE, reason });
  return `The dunning of ${invoice} goes on; its schedule has moved by the time it waited.`;
}
