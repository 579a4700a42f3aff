/**
 * `billing:{customer}`: the life of one customer's bill.
 *
 *   signals   usageRecorded → counted at once; stripeEvent → queued
 *   loops     countUsage    reads from the ledger what signals skipped
 *             reportUsage   sends billable tokens to Stripe, one report per rate at a time
 *             tellCustomer  thresholds of the allowance, once in a period
 *             followStripe  reads again what Stripe hints at: periods, drafts, payments
 *   end       at a reset, when Temporal suggests it, or after so many signals: continue as new
 *
 * Decisions are made in src/core; this file only says when.
 */
import {
  allHandlersFinished,
  CancellationScope,
  condition,
  continueAsNew,
  isCancellation,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import { emptyBillingState } from '../src/core/billing-state';
import { countBatches } from '../src/core/counting';
import { queueHint } from '../src/core/hints';
import { statementOf } from '../src/core/statement';
import { update } from './account';
import type { Account } from './account';
import type { BillingInput } from './contract';
import { statement, status, stripeEvent, usageRecorded } from './contract';
import { countUsage } from './count-usage';
import { followStripe } from './follow-stripe';
import { reportRates } from './report-usage';
import { tellCustomer } from './tell-customer';

const SIGNALS_PER_RUN_MAX = 1_000;
/** How long the end of a run waits for steps under way before it cancels them. */
const CLOSING_GRACE = '10 seconds';

export async function billing(input: BillingInput): Promise<void> {
  const account = openAccount(input);
  setHandler(usageRecorded, ({ batches }) => {
    account.signals += 1;
    update(account, countBatches(account.state, batches));
  });
  setHandler(stripeEvent, (hint) => {
    account.signals += 1;
    update(account, queueHint(account.state, hint));
  });
  setHandler(status, () => account.state);
  setHandler(statement, () =>
    account.state.periods.map((period) => statementOf(account.state, period)),
  );

  const scope = new CancellationScope();
  const loops = scope.run(async () => {
    await Promise.all([
      countUsage(account),
      reportRates(account),
      tellCustomer(account),
      followStripe(account),
    ]);
  });
  await Promise.race([loops, condition(() => isRunComplete(account, input))]);

  account.isClosing = true;
  const isQuiet = await condition(() => account.stepsUnderWay === 0, CLOSING_GRACE);
  // What is cancelled here is begun again by the next run, under the same identity.
  if (!isQuiet) scope.cancel();
  await loops.catch((error: unknown) => {
    if (!isCancellation(error)) throw error;
  });
  await condition(allHandlersFinished);
  await continueAsNew<typeof billing>({ ...input, state: account.state });
}

function openAccount(input: BillingInput): Account {
  const account: Account = {
    state: input.state ?? emptyBillingState(input.customer),
    isClosing: false,
    isReset: false,
    signals: 0,
    stepsUnderWay: 0,
    published: '',
  };
  update(account, account.state);
  return account;
}

const isRunComplete = (account: Account, input: BillingInput): boolean =>
  account.isReset ||
  workflowInfo().continueAsNewSuggested ||
  account.signals >= (input.signalsPerRunMax ?? SIGNALS_PER_RUN_MAX);
