/** A rollout on a terminal: its figures before anybody is moved, and where it stands. */
import { formatCents } from '../../core/money';
import type { RolloutState } from '../../core/plans/rollout';
import { countsText, revenueText, saleText } from '../../core/plans/rollout-details';
import { plainList, plainTable } from '../operator/operator';
import { grouped } from '../../core/grouped';

const WHEN = { now: 'now', period_end: 'with the next period of each' } as const;

/** One line while it goes on. */
export const progressText = (state: RolloutState): string =>
  state.approval === null
    ? `· ${state.phase}: ${revenueText(state.preview, state.currency)}`
    : `· ${state.phase}: ${grouped(state.moved)} of ${grouped(state.preview.customers)} moved`;

export function rolloutQuestion(state: RolloutState): string {
  const { planId, version, when, batch, preview, currency } = state;
  const { after, runningOnly, changes, leftOutNames } = preview;
  return [
    plainList([
      ['rollout', `${planId} to catalog ${version}, ${WHEN[when]}, ${batch} at a time`],
      ['new', after && saleText(after, currency)],
      ['revenue', revenueText(preview, currency)],
      ['', runningOnly > 0 ? `of ${runningOnly} only the running period is known` : null],
    ]),
    changesTable(state),
    ...(preview.customers > changes.length ? ['… those that change most'] : []),
    ...leftOutNames.map(({ customer, reason }) => `left out: ${customer}, ${reason}`),
  ].join('\n');
}

const changesTable = ({ preview, currency }: RolloutState): string =>
  plainTable(
    ['customer', 'now', 'before', 'after', 'change'],
    preview.changes.map(({ customer, before, beforeCents, afterCents }) => [
      customer,
      saleText(before, currency),
      formatCents(beforeCents, currency),
      formatCents(afterCents, currency),
      formatCents(afterCents - beforeCents, currency),
    ]),
    2,
  );

export function rolloutText(state: RolloutState): string {
  const { planId, version, when, phase, approval, trouble, moved, leftOut, preview } = state;
  return plainList([
    ['rollout', `${planId} to catalog ${version}, ${WHEN[when]}`],
    ['is', phase],
    ['stopped by', trouble && `${trouble.customer ?? 'its own step'}: ${trouble.why}`],
    ['revenue', revenueText(preview, state.currency)],
    ['approved', approval && `by ${approval.by}: ${approval.reason}`],
    ['moved', `${grouped(moved)} of ${grouped(preview.customers)}${countsText(leftOut)}`],
  ]);
}
