/** What time makes happen, one due step after the other, for the customers of one clock. */
import type { Invoice, Subscription } from '../objects';
import { arrive, isUnderway } from '../money/payouts';
import type { Payout } from '../objects-money';
import { isAnnouncing } from '../webhooks';
import { expireSession } from '../checkout/expiry';
import type { CheckoutSession } from '../objects-checkout';
import type { CreditGrant } from '../objects-credit';
import type { World } from '../world';
import { currentPeriod, expireIncomplete, INCOMPLETE_FOR_S, renew } from './cycle';
import { endCredits, expiryOf } from './credits';
import { voidInvoice } from './closing';
import { finalize } from './invoicing';
import { collect } from './collection';
import { settle } from './settling';
import { giveNotice, noticeOf, resumeCollection, resumptionOf } from './trials';

export interface Step {
  at: number;
  /** What it does to which object, for a person to read. */
  what: string;
  id: string;
  /** Set when the step must not run before its draft has been announced. */
  awaits: string | null;
  run: () => void;
}

const RENEWED = new Set(['active', 'past_due', 'trialing', 'unpaid']);

/** The earliest step due by `end` that nothing holds back, or null. */
export function nextStep(
  world: World,
  testClock: string | null,
  end: number,
  options: { skipAwaiting: boolean },
): Step | null {
  let earliestStep: Step | null = null;
  const consider = (step: Step | null): void => {
    if (!step || step.at > end || (earliestStep && earliestStep.at <= step.at)) return;
    if (options.skipAwaiting && step.awaits !== null && isAnnouncing(world, step.awaits)) return;
    earliestStep = step;
  };
  for (const step of stepsOf(world, testClock)) consider(step);
  return earliestStep;
}

/** Invoices come first in a moment: a period's money is settled before the next one begins. */
export function* stepsOf(world: World, testClock: string | null): Generator<Step | null> {
  for (const invoice of world.store.all('invoice'))
    if (invoice.test_clock === testClock) yield invoiceStep(world, invoice);
  for (const subscription of world.store.all('subscription'))
    if (subscription.test_clock === testClock) yield* subscriptionSteps(world, subscription);
  for (const grant of world.store.all('billing.credit_grant'))
    if (grant.test_clock === testClock) yield grantStep(world, grant);
  if (testClock !== null) return;
  for (const payout of world.store.all('payout')) yield payoutStep(world, payout);
  for (const session of world.store.all('checkout.session')) yield sessionStep(world, session);
}

/** People follow real time, too. */
function sessionStep(world: World, session: CheckoutSession): Step | null {
  if (session.status !== 'open') return null;
  return at(session.expires_at, 'expires', session.id, () => expireSession(world, session));
}

/** Banks follow real time, whatever test clocks say. */
function payoutStep(world: World, payout: Payout): Step | null {
  if (!isUnderway(payout)) return null;
  const { arrival_date: time, id } = payout;
  return at(time, 'arrives', id, () => arrive(world, payout));
}

function invoiceStep(world: World, invoice: Invoice): Step | null {
  if (!invoice.auto_advance) return null;
  if (invoice.status === 'draft' && invoice.automatically_finalizes_at !== null) {
    return {
      at: invoice.automatically_finalizes_at,
      what: 'is finalized',
      id: invoice.id,
      awaits: invoice.id,
      run: () => {
        finalize(world, invoice);
        settle(world, invoice);
      },
    };
  }
  if (invoice.status === 'open' && invoice.next_payment_attempt !== null) {
    const retry = () => void collect(world, invoice, { isRetry: true });
    return at(invoice.next_payment_attempt, 'is tried again', invoice.id, retry);
  }
  return null;
}

/** Notices and resumptions come before the period's end that they may share a moment with. */
function subscriptionSteps(world: World, subscription: Subscription): (Step | null)[] {
  const { id } = subscription;
  const notice = noticeOf(subscription);
  const resumption = resumptionOf(subscription);
  return [
    notice === null
      ? null
      : at(notice, "announces its trial's end", id, () => giveNotice(world, subscription)),
    resumption === null
      ? null
      : at(resumption, 'is collected again', id, () => resumeCollection(world, subscription)),
    waitingStep(world, subscription),
    periodStep(world, subscription),
  ];
}

/** What waits for its payment in vain is discarded, and its invoice voided. */
function waitingStep(world: World, subscription: Subscription): Step | null {
  const waitingUpdate = subscription.waiting_update;
  const invoice = world.store.get('invoice', waitingUpdate?.invoice ?? '');
  if (!waitingUpdate || invoice?.status !== 'open') return null;
  const expire = () => voidInvoice(world, invoice, 'expiry');
  return at(waitingUpdate.expiresAt, 'loses its pending update', subscription.id, expire);
}

function at(time: number, effect: string, id: string, run: () => void): Step {
  return { at: time, what: effect, id, awaits: null, run };
}

function periodStep(world: World, subscription: Subscription): Step | null {
  const { id } = subscription;
  if (subscription.status === 'incomplete') {
    const time = subscription.created + INCOMPLETE_FOR_S;
    return at(time, 'expires unpaid', id, () => expireIncomplete(world, subscription));
  }
  const customer = world.store.get('customer', subscription.customer);
  if (!RENEWED.has(subscription.status) || !customer) return null;
  const { end } = currentPeriod(world.store.subscriptionItems(subscription.id));
  const cancelAt = subscription.cancel_at ?? Infinity;
  const effect = cancelAt <= end ? 'ends' : 'renews';
  return at(Math.min(end, cancelAt), effect, id, () => renew(world, subscription, customer));
}

function grantStep(world: World, grant: CreditGrant): Step | null {
  const time = expiryOf(world, grant);
  if (time === null) return null;
  return at(time, 'expires', grant.id, () => endCredits(world, grant, 'credits_expired'));
}
