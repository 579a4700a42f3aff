/** The text that operators see in the Temporal UI of `dunning:{invoice}`, in Markdown. */
import type { DunningOutcome, DunningState, DueStep } from './dunning';
import { isGivenUp, nextStep, schedule } from './dunning';
import { isoSecond } from '../period';

/** `trouble` is what Stripe refuses at the moment. */
export function dunningDetails(state: DunningState, trouble: string | null): string {
  return [
    `### ${state.customer}: invoice \`${state.invoiceId}\``,
    trouble === null
      ? ''
      : `**Open exception** (stripe_refused), tried again every five minutes: ${trouble}`,
    standing(state),
    // It stands before the table: the UI shows a few lines, and the rest by scrolling.
    ahead(state),
    table(state),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

const ENDS: Readonly<Record<DunningOutcome, string>> = {
  recovered: '**Recovered**: the invoice is paid.',
  voided: '**Voided** at Stripe: nothing is due any more.',
  uncollectible: '**Marked uncollectible** at Stripe.',
  given_up: '**Given up**: the schedule is over and the invoice unpaid.',
};

function standing(state: DunningState): string {
  const { outcome, amountDueCents, firstFailedAt, access, policy } = state;
  const isLeft = isGivenUp(state) && policy.giveUp === 'leave';
  if (outcome && !isLeft) return ENDS[outcome];
  const end = isLeft ? `${ENDS.given_up} It is left open at Stripe until it is paid. ` : '';
  return `${end}${amountDueCents} cents unpaid since ${time(firstFailedAt)}, access **${access}**.`;
}

function table(state: DunningState): string {
  const rows = schedule(state).map(({ step, at }, index) => {
    const isTaken = index < state.stepsTaken;
    const what = step.action === 'give_up' ? `give_up: ${state.policy.giveUp}` : step.action;
    // A pause moves what is ahead; when a step was taken stands in the history.
    return `| ${step.day} | ${what} | ${isTaken ? 'done' : dueText(state, at)} |`;
  });
  return rows.length === 0 ? '' : ['| day | step | |', '|--:|---|---|', ...rows].join('\n');
}

const dueText = ({ outcome, pause }: DunningState, at: number): string =>
  outcome || pause ? '' : `due ${time(at)}`;

function ahead(state: DunningState): string {
  const { outcome, pause, pausedMs } = state;
  if (outcome) return '';
  if (pause) {
    const end = pause.until === null ? 'until it is resumed' : `until ${time(pause.until)}`;
    return `**Paused** since ${time(pause.since)}, ${end}: ${pause.reason}`;
  }
  const pauseText = pausedMs === 0 ? '' : ` Pauses have moved it by ${hours(pausedMs)} hours.`;
  return `${nextText(nextStep(state))}${pauseText}`;
}

const nextText = (next: DueStep | undefined): string =>
  next ? `Next: ${next.step.action} at ${time(next.at)}.` : 'No more steps: it waits to be paid.';

const hours = (ms: number): number => Math.round(ms / 360_000) / 10;
const time = (ms: number): string => isoSecond(Math.floor(ms / 1000));
