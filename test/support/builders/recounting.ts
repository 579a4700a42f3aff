/** Counting a ledger of the test's own again, and sending all that is to be reported. */
import type { BillingState } from '../../../src/core/state/billing-state';
import {
  beginRecount,
  recountBatch,
  recountedOf,
  recountInput,
  takeOverRecount,
} from '../../../src/core/counting/recount';
import type { Recounted } from '../../../src/core/counting/recount';
import {
  acknowledgeReport,
  beginReport,
  nextReport,
  ratesToReport,
} from '../../../src/core/counting/reporting';
import type { ReportOf } from '../../../src/core/counting/reporting';
import type { UsageBatch } from '../../../src/core/usage/usage';

/** What the activity answers: the ledger, counted under the state's terms and grants. */
export function recountAnswer(state: BillingState, ledger: readonly UsageBatch[]): Recounted {
  const input = recountInput(state);
  const counted = ledger
    .filter(({ sequence }) => sequence <= input.upToSequence)
    .reduce(recountBatch, beginRecount(input));
  return recountedOf(counted);
}

export const recount = (state: BillingState, ledger: readonly UsageBatch[]): BillingState =>
  takeOverRecount(state, recountAnswer(state, ledger));

/** The next report of whichever rate has something to send. */
export const nextOfAll = (state: BillingState): ReportOf | undefined =>
  ratesToReport(state)
    .map((rateId) => nextReport(state, rateId, 0))
    .find((found) => found !== undefined);

/** Until there is nothing to send: the state, and what Stripe got, in order. */
export function reportAll(state: BillingState): [BillingState, ReportOf[]] {
  const sent: ReportOf[] = [];
  let current = state;
  for (let found = nextOfAll(current); found; found = nextOfAll(current)) {
    current = acknowledgeReport(beginReport(current, found), found);
    sent.push(found);
  }
  return [current, sent];
}

export const tokensOf = (sent: readonly ReportOf[]): number[] =>
  sent.map(({ report }) => report.tokens);
