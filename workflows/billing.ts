/**
 * `billing:{customer}`: the life of one customer's bill.
 *
 *   signals   usageRecorded → counted at once; stripeEvent → queued; dunningStepped → noted;
 *             recordUsage → to the ledger
 *   updates   changePlan, changeSubscription, grantTokens, resolveException
 *   loops     countUsage         reads from the ledger what signals skipped, or counts it again
 *             reportUsage        sends billable tokens to Stripe, one report per rate at a time
 *             tellCustomer       thresholds of the allowance, once in a period
 *             upgradeCustomer    at the throttle point, for those who asked for it
 *             followStripe       reads again what Stripe hints at
 *             closePeriods       brings each draft to equal the ledger before Stripe finalizes it
 *             writeOffLate       late usage that the plan does not bill
 *             resolveExceptions  carries out what operators decide
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
import { allPeriods, emptyBillingState } from '../src/core/billing-state';
import { countBatches } from '../src/core/counting';
import { findDunningCase, withDunningCase } from '../src/core/dunning';
import { queueHint } from '../src/core/hints';
import { statementOf } from '../src/core/statement';
import { update } from './account';
import type { Account } from './account';
import { handleChanges } from './change-subscription';
import type { BillingInput } from './contract';
import { dunningStepped, statement, status, stripeEvent, usageRecorded } from './contract';
import { countUsage } from './count-usage';
import { followStripe } from './follow-stripe';
import { closePeriods } from './period-close';
import { handleSignalledUsage } from './record-usage';
import { reportRates } from './report-usage';
import { handleResolutions, resolveExceptions } from './resolve-exceptions';
import { tellCustomer } from './tell-customer';
import { upgradeCustomer } from './upgrade-customer';
import { writeOffLate } from './write-off-late';

const SIGNALS_PER_RUN_MAX = 1_000;
/** How long the end of a run waits for steps under way before it cancels them. */
const CLOSING_GRACE = '10 seconds';

const LOOPS = [
  countUsage,
  reportRates,
  tellCustomer,
  upgradeCustomer,
  followStripe,
  closePeriods,
  writeOffLate,
  resolveExceptions,
];

export async function billing(input: BillingInput): Promise<void> {
  const account = openAccount(input);
  handleMessages(account);
  handleSignalledUsage(account);
  handleChanges(account);
  handleResolutions(account);

  const scope = new CancellationScope();
  const loops = scope.run(async () => {
    await Promise.all(LOOPS.map((loop) => loop(account)));
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
    // The run before may have ended between hearing of a step and recording it.
    isUnrecorded: (input.state?.dunning.length ?? 0) > 0,
    readings: { begun: 0, inForce: 0 },
    signals: 0,
    stepsUnderWay: 0,
    published: '',
  };
  update(account, account.state);
  return account;
}

function handleMessages(account: Account): void {
  setHandler(usageRecorded, ({ batches }) => {
    account.signals += 1;
    update(account, countBatches(account.state, batches));
  });
  setHandler(stripeEvent, (hint) => {
    account.signals += 1;
    update(account, queueHint(account.state, hint));
  });
  setHandler(dunningStepped, (noted) => {
    account.signals += 1;
    // A case that was settled meanwhile stays settled.
    if (!findDunningCase(account.state, noted.invoiceId)) return;
    update(account, withDunningCase(account.state, noted));
    account.isUnrecorded = true;
  });
  setHandler(status, () => account.state);
  setHandler(statement, () =>
    allPeriods(account.state).map((period) => statementOf(account.state, period)),
  );
}

const isRunComplete = (account: Account, input: BillingInput): boolean =>
  account.isReset ||
  workflowInfo().continueAsNewSuggested ||
  account.signals >= (input.signalsPerRunMax ?? SIGNALS_PER_RUN_MAX);
