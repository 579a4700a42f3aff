/** `tollkeeper dunning pause` and `resume`: letting the schedule of an unpaid invoice wait. */
import { WorkflowNotFoundError } from '@temporalio/client';
import { CommandRefused } from '../terminal/refused';
import { DomainError } from '../../core/errors';
import { formatCents } from '../../core/money';
import { confirmation, done, NOTHING_DONE, printOutcome } from '../terminal/confirmation';
import type { Confirm, ConfirmOptions, Outcome } from '../terminal/confirmation';
import { nextText, readCase } from './dunning';
import type { DunningRow } from './dunning';
import { asOperator, plainList } from './operator';
import type { ChangingDeps, OutputOptions } from './operator';

export interface ResumeArguments extends ConfirmOptions, OutputOptions {
  readonly reason: string;
}

export interface PauseArguments extends ResumeArguments {
  readonly until?: string;
}

type Deps = Pick<ChangingDeps, 'temporal' | 'catalog' | 'updates'>;

export async function pause(invoice: string, options: PauseArguments): Promise<void> {
  await asOperator(async (deps) =>
    printOutcome(await pauseDunning(deps, invoice, options, confirmation(options)), options),
  );
}

export async function pauseDunning(
  deps: Deps,
  invoice: string,
  { until: endText, reason }: Pick<PauseArguments, 'until' | 'reason'>,
  confirm: Confirm,
): Promise<Outcome> {
  const endTime = endText === undefined ? null : timeAhead(endText);
  const end = endTime === null ? 'it is resumed' : new Date(endTime).toISOString();
  const effect = `the schedule waits until ${end}; access stays as it is. Reason: ${reason}`;
  if (!(await confirm(await question(deps, invoice, `pause: ${effect}`)))) return NOTHING_DONE;
  await deps.updates.pauseDunning(null, invoice, { until: endTime, reason });
  return done(
    endTime === null
      ? `The dunning of ${invoice} waits until: tollkeeper dunning resume ${invoice}`
      : `The dunning of ${invoice} waits until ${end}.`,
  );
}

function timeAhead(text: string): number {
  const endTime = new Date(text).getTime();
  if (/^\d{4}-\d{2}-\d{2}/.test(text) && endTime > Date.now()) return endTime;
  throw new CommandRefused(
    `--until is ${JSON.stringify(text)}: expected a time to come, such as ` +
      `${new Date(Date.now() + DAY_MS).toISOString()}.`,
  );
}

const DAY_MS = 24 * 60 * 60 * 1000;

export async function resume(invoice: string, options: ResumeArguments): Promise<void> {
  await asOperator(async (deps) =>
    printOutcome(
      await resumeDunning(deps, invoice, options.reason, confirmation(options)),
      options,
    ),
  );
}

/** Whatever the workflow's clock says: it is in the past. */
const AT_ONCE = 0;

export async function resumeDunning(
  deps: Deps,
  invoice: string,
  reason: string,
  confirm: Confirm,
): Promise<Outcome> {
  const effect = `the schedule goes on, later by the time that it waited. Reason: ${reason}`;
  if (!(await confirm(await question(deps, invoice, `resume: ${effect}`)))) return NOTHING_DONE;
  await deps.updates.pauseDunning(null, invoice, { until: AT_ONCE, reason });
  return done(`The dunning of ${invoice} goes on; its schedule has moved by the time it waited.`);
}

/** The case with its figures, then what will be done. */
async function question(deps: Deps, invoice: string, effect: string): Promise<string> {
  const dunningCase = await requireCase(deps, invoice);
  const facts = plainList([
    ['customer', dunningCase.customer],
    [
      'invoice',
      `${invoice}, ${formatCents(dunningCase.amountDueCents, deps.catalog.currency)} due`,
    ],
    ['unpaid since', dunningCase.unpaidSince],
    ['access', dunningCase.access],
    ['next', nextText(dunningCase)],
  ]);
  return `${facts}\n\n${effect}`;
}

async function requireCase(deps: Deps, invoice: string): Promise<DunningRow> {
  const row = await readCase(deps, invoice).catch((error: unknown) => {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  });
  if (row && row.outcome === null) return row;
  throw new DomainError(
    'dunning_not_found',
    `No dunning of invoice ${invoice} is under way: expected an invoice that is unpaid, as ` +
      '`tollkeeper dunning list` shows.',
  );
}
