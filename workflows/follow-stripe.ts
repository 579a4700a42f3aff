/**
 * Follows Stripe's hints one by one: the subscription and its periods, each invoice that bills one,
 * what came back of a charge. The object is read again, so that order and number of the hints make
 * no difference.
 */
import { noteRejection, REJECTED_REPORTS } from '../src/core/state/exceptions';
import { hasFreshHint, hintSubscription, putBackHint, takeHint } from '../src/core/state/hints';
import { doubtDraft } from '../src/core/invoices/invoice-hold';
import { withMoneyBack } from '../src/core/state/money-back';
import { hintSubject } from '../src/core/state/stripe-event';
import { itemsToAskFor } from '../src/core/vendors/vendor-items';
import type { Run } from './run';
import { openException, project, become } from './run';
import { isRefused, tryOnce, untilWorthTryingAgain } from './attempt';
import type { Errand } from './attempt';
import { beginPayout } from './begin-payout';
import { followInvoice } from './follow-invoice';
import { REFUSED_RETRY_MS, stripe } from './proxies';
import { readSubscription, UNASKED_READING } from './read-subscription';
import { until } from './until';
import { isRefusal } from './failures';
import type { StripeEventHint } from '../src/core/state/remembered';

/** Usage may run a little ahead of Stripe's renewal; ask again, unless a webhook comes first. */
const PERIOD_RETRY = '30 seconds';
/** While the subscription is paused no period comes, however long the app goes on. */
const PAUSED_RETRY = '1 hour';

const RECORDING = { subject: 'periods', what: 'Recording what the API shows failed' };

export async function followStripe(run: Run): Promise<void> {
  for (let recordAt = 0; ;) {
    const isRecordable = () =>
      run.isUnrecorded && (Date.now() >= recordAt || !isRefused(run, RECORDING));
    await until(run, () => isRecordable() || isHinted(run), pauseUntil(run, recordAt));
    if (run.isClosing) return;
    if (isRecordable()) {
      // Stripe is followed also where the record is refused.
      if (!(await record(run))) recordAt = Date.now() + REFUSED_RETRY_MS;
      continue;
    }
    await followNext(run);
    if (run.isReset) return;
    if (needsPeriod(run) || needsItem(run)) await untilNextPeriodIsAskedFor(run);
  }
}

/** Undefined says that nothing waits for its time. */
function pauseUntil({ isUnrecorded }: Run, recordAt: number): number | undefined {
  const pause = recordAt - Date.now();
  return isUnrecorded && pause > 0 ? pause : undefined;
}

async function untilNextPeriodIsAskedFor(run: Run): Promise<void> {
  const isPaused = run.state.billingStatus === 'paused';
  await until(run, () => hasHint(run), isPaused ? PAUSED_RETRY : PERIOD_RETRY, {
    summary: 'until Stripe is asked for the next period again',
  });
}

const needsPeriod = ({ state }: Run): boolean =>
  state.billingStatus !== 'ended' && (state.periods.length === 0 || state.awaitsPeriod);
const hasHint = ({ state }: Run): boolean => state.stripeEvents.length > 0;
/** A vendor's rate is used for the first time: its item is added by a reading. */
const needsItem = ({ state }: Run): boolean => itemsToAskFor(state).length > 0;
const isHinted = (run: Run): boolean => needsPeriod(run) || needsItem(run) || hasHint(run);

async function record(run: Run): Promise<boolean> {
  run.isUnrecorded = false;
  const isDone = await tryOnce(run, RECORDING, () => project(run));
  run.isUnrecorded ||= !isDone;
  return isDone;
}

async function followNext(run: Run): Promise<void> {
  const [hint, state] = takeHint(run.state);
  become(run, state);
  const errand = hint
    ? { subject: hint.objectId, what: `${hint.type} was refused` }
    : UNASKED_READING;
  const isDone = await tryOnce(run, errand, async () => {
    try {
      await (hint ? follow(run, hint) : readSubscription(run));
    } catch (error) {
      if (hint) putBack(run, hint, error);
      throw error;
    }
  });
  if (!isDone) await untilAnotherTry(run, errand);
}

function putBack(run: Run, hint: StripeEventHint, error: unknown): void {
  const isRefused = isRefusal(error) && !run.isLegacy;
  const queuedHint = isRefused ? { ...hint, refusedAt: Date.now() } : hint;
  become(run, putBackHint(run.state, queuedHint));
  if (isRefused) become(run, doubtDraft(run.state, hint.objectId));
}

/** Others go first: a refused hint waits behind them. */
async function untilAnotherTry(run: Run, errand: Errand): Promise<void> {
  if (!run.isLegacy) return untilWorthTryingAgain(run, errand, () => hasFreshHint(run.state));
  const queueLength = run.state.stripeEvents.length;
  const isOther = () => run.state.stripeEvents.length > Math.max(1, queueLength);
  await untilWorthTryingAgain(run, errand, isOther);
}

async function follow(run: Run, hint: StripeEventHint): Promise<void> {
  const subject = hintSubject(hint.type);
  const isAboutIt = subject === 'subscription' || subject === 'checkout';
  if (isAboutIt || needsPeriod(run) || needsItem(run)) await readSubscription(run);
  if (subject === 'checkout') await takeCheckoutCard(run, hint.objectId);
  if (subject === 'card') await takePortalCard(run);
  if (subject === 'invoice') await followInvoice(run, hint.objectId);
  if (subject === 'charge') await followCharge(run, hint.objectId);
  if (subject === 'report') noteRejectedReport(run, hint);
}

/** A session in which the customer subscribed is followed by reading the subscription. */
async function takeCheckoutCard({ state }: Run, sessionId: string): Promise<void> {
  const { customer } = state;
  await stripe.takeCheckoutCard.executeWithOptions({ summary: sessionId }, [
    { customer, sessionId },
  ]);
}

/** Stripe has made it the customer's default, which a subscription's own goes before. */
async function takePortalCard({ state: { customer } }: Run): Promise<void> {
  await stripe.takeDefaultCard.executeWithOptions({ summary: customer }, [{ customer }]);
}

async function followCharge(run: Run, objectId: string): Promise<void> {
  const { customer } = run.state;
  const moneyBack = await stripe.readMoneyBack.executeWithOptions({ summary: objectId }, [
    { customer, objectId },
  ]);
  if (!moneyBack) return;
  become(run, withMoneyBack(run.state, moneyBack));
  const { chargeId, invoiceId, paysVendors } = moneyBack;
  if (paysVendors) await beginPayout({ customer, source: invoiceId ?? chargeId });
}

/** Stripe took a report and threw it away later: the period's comparison will miss its tokens. */
function noteRejectedReport(run: Run, hint: StripeEventHint): void {
  // No invoice will miss them: all of the customer's tokens are an exception already.
  if (run.state.isCustomerGone) return;
  const rejection = noteRejection(run.state, hint.objectId);
  openException(run, {
    ...{ kind: 'report_rejected', subject: REJECTED_REPORTS },
    message:
      `Stripe could not process ${rejection.count} meter events, from ${rejection.first} to ` +
      `${hint.objectId} (Stripe event ${hint.id}). Their tokens will be missing on the invoice, ` +
      'which is then held until they are corrected.',
    rejected: rejection,
  });
  // It may be the customer that Stripe has no more.
  if (!run.isLegacy) become(run, hintSubscription(run.state));
}
