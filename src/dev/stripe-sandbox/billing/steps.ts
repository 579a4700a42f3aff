/** What time makes happen, one due step after the other, for the customers of one clock. */
import type { Invoice, StripeObject, Subscription } from '../objects';
import type { Kind, Kinds } from '../store';
import { arrive, isUnderway } from '../money/payouts';
import type { Payout } from '../objects-money';
import { isAnnouncing } from '../webhooks';
import { endDiscounts, nextDiscountEnd } from '../discounts/lifetimes';
import { expireSession } from '../checkout/expiry';
import type { CheckoutSession } from '../objects-checkout';
import type { CreditGrant } from '../objects-credit';
import { clockKey } from '../indexes';
import type { World } from '../world';
import { beliefs } from './beliefs';
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

/** "Up to 72 hours": docs.stripe.com/billing/subscriptions/webhooks. */
const UNDELIVERED_FOR_S = 72 * 3600;
const RENEWED = new Set(['active', 'past_due', 'trialing', 'unpaid']);

/** An object that time does something to, and whose it is. */
interface Subject {
  owner: string;
  /** They are worked out anew at each call: much may have happened since. */
  steps: () => (Step | null)[];
}

/** The earliest step due by `end`, or null. */
export function nextStep(world: World, testClock: string | null, end: number): Step | null {
  return earliest(stepsOf(world, testClock), end);
}

/**
 * The earliest due step of each customer of the account's clock that nothing holds back, in order.
 * One look at everybody finds them all; customers have nothing to do with one another.
 */
export function firstSteps(world: World, now: number): { at: number; run: () => void }[] {
  const isFree = ({ awaits }: Step): boolean => awaits === null || !isAnnouncing(world, awaits);
  const firsts = new Map<string, { at: number; run: () => void }>();
  for (const { owner, steps } of subjectsOf(world, null)) {
    const step = earliest(steps(), now, isFree);
    const first = firsts.get(owner);
    if (!step || (first && first.at <= step.at)) continue;
    firsts.set(owner, { at: step.at, run: () => earliest(steps(), now, isFree)?.run() });
  }
  return [...firsts.values()].sort((a, b) => a.at - b.at);
}

function earliest(
  steps: Iterable<Step | null>,
  end: number,
  isFree: (step: Step) => boolean = () => true,
): Step | null {
  let earliestStep: Step | null = null;
  for (const step of steps) {
    if (!step || step.at > end || (earliestStep && earliestStep.at <= step.at)) continue;
    if (isFree(step)) earliestStep = step;
  }
  return earliestStep;
}

export function* stepsOf(world: World, testClock: string | null): Generator<Step | null> {
  for (const { steps } of subjectsOf(world, testClock)) yield* steps();
}

/** Invoices come first in a moment: a period's money is settled before the next one begins. */
function* subjectsOf(world: World, testClock: string | null): Generator<Subject> {
  const clock = clockKey(testClock);
  const subject = <K extends Kind>(
    kind: K,
    { id, customer }: StripeObject,
    stepsOfObject: (object: Kinds[K]) => (Step | null)[],
  ): Subject => ({
    owner: typeof customer === 'string' ? customer : id,
    steps: () => {
      const object = world.store.get(kind, id);
      return object ? stepsOfObject(object) : [];
    },
  });
  for (const one of world.store.where('invoice', 'awaited', clock))
    yield subject('invoice', one, (invoice) => [invoiceStep(world, invoice)]);
  for (const one of world.store.where('subscription', 'awaited', clock))
    yield subject('subscription', one, (own) => subscriptionSteps(world, own));
  for (const one of world.store.where('billing.credit_grant', 'test_clock', clock))
    yield subject('billing.credit_grant', one, (grant) => [grantStep(world, grant)]);
  if (testClock !== null) return;
  for (const one of world.store.where('payout', 'underway', 'underway'))
    yield subject('payout', one, (payout) => [payoutStep(world, payout)]);
  for (const one of world.store.where('checkout.session', 'status', 'open'))
    yield subject('checkout.session', one, (session) => [sessionStep(world, session)]);
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
    const waits = beliefs(world).undeliveredDraft === 'waits' && isAnnouncing(world, invoice.id);
    return {
      at: waits ? invoice.created + UNDELIVERED_FOR_S : invoice.automatically_finalizes_at,
      what: 'is finalized',
      id: invoice.id,
      awaits: waits ? null : invoice.id,
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
    discountStep(world, subscription),
    waitingStep(world, subscription),
    periodStep(world, subscription),
  ];
}

/** A discount that ends with a period takes nothing off the invoice of its end. */
function discountStep(world: World, subscription: Subscription): Step | null {
  const time = subscription.ended_at === null ? nextDiscountEnd(world, subscription) : null;
  if (time === null) return null;
  const run = () => endDiscounts(world, subscription, time);
  return at(time, 'loses a discount', subscription.id, run);
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
