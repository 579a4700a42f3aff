/** What time makes happen, one due step after the other, for the customers of one clock. */
import type { Invoice, Subscription } from '../objects';
import { arrive, isUnderway } from '../money/payouts';
import type { Payout } from '../objects-money';
import { isAnnouncing } from '../webhooks';
import type { CreditGrant } from '../objects-credit';
import type { World } from '../world';
import { currentPeriod, expireIncomplete, INCOMPLETE_FOR_S, renew } from './cycle';
import { endCredits, expiryOf } from './credits';
import { finalize } from './invoicing';
import { collect } from './collection';
import { settle } from './settling';
import { giveNotice, noticeOf, resumeCollection, resumptionOf } from './trials';

export interface Step {
  at: number;
  /** Set when the step must not run before its draft has been announced. */
  awaits: string | null;
  run: () => void;
}

const RENEWED = new Set(['active', 'past_due', 'trialing', 'unpaid']);

/** The earliest step due by `until` that nothing holds back, or null. */
export function nextStep(
  world: World,
  testClock: string | null,
  until: number,
  options: { skipAwaiting: boolean },
): Step | null {
  let next: Step | null = null;
  const consider = (step: Step | null): void => {
    if (!step || step.at > until || (next && next.at <= step.at)) return;
    if (options.skipAwaiting && step.awaits !== null && isAnnouncing(world, step.awaits)) return;
    next = step;
  };
  // Of one moment, invoices come first: a period's money is settled before the next one begins.
  for (const invoice of world.store.all('invoice'))
    if (invoice.test_clock === testClock) consider(invoiceStep(world, invoice));
  for (const subscription of world.store.all('subscription'))
    if (subscription.test_clock === testClock)
      for (const step of subscriptionSteps(world, subscription)) consider(step);
  for (const grant of world.store.all('billing.credit_grant'))
    if (grant.test_clock === testClock) consider(grantStep(world, grant));
  if (testClock === null)
    for (const payout of world.store.all('payout')) consider(payoutStep(world, payout));
  return next;
}

/** Banks follow real time, whatever test clocks say. */
function payoutStep(world: World, payout: Payout): Step | null {
  if (!isUnderway(payout)) return null;
  return { at: payout.arrival_date, awaits: null, run: () => arrive(world, payout) };
}

function invoiceStep(world: World, invoice: Invoice): Step | null {
  if (!invoice.auto_advance) return null;
  if (invoice.status === 'draft' && invoice.automatically_finalizes_at !== null) {
    return {
      at: invoice.automatically_finalizes_at,
      awaits: invoice.id,
      run: () => {
        finalize(world, invoice);
        settle(world, invoice);
      },
    };
  }
  if (invoice.status === 'open' && invoice.next_payment_attempt !== null) {
    const at = invoice.next_payment_attempt;
    return { at, awaits: null, run: () => void collect(world, invoice, { isRetry: true }) };
  }
  return null;
}

/** Notices and resumptions come before the period's end that they may share a moment with. */
function subscriptionSteps(world: World, subscription: Subscription): (Step | null)[] {
  const notice = noticeOf(subscription);
  const resumption = resumptionOf(subscription);
  return [
    notice === null ? null : at(notice, () => giveNotice(world, subscription)),
    resumption === null ? null : at(resumption, () => resumeCollection(world, subscription)),
    periodStep(world, subscription),
  ];
}

function at(time: number, run: () => void): Step {
  return { at: time, awaits: null, run };
}

function periodStep(world: World, subscription: Subscription): Step | null {
  if (subscription.status === 'incomplete') {
    const at = subscription.created + INCOMPLETE_FOR_S;
    return { at, awaits: null, run: () => expireIncomplete(world, subscription) };
  }
  const customer = world.store.get('customer', subscription.customer);
  if (!RENEWED.has(subscription.status) || !customer) return null;
  const { end } = currentPeriod(world.store.subscriptionItems(subscription.id));
  const at = Math.min(end, subscription.cancel_at ?? Infinity);
  return { at, awaits: null, run: () => renew(world, subscription, customer) };
}

function grantStep(world: World, grant: CreditGrant): Step | null {
  const at = expiryOf(world, grant);
  if (at === null) return null;
  return { at, awaits: null, run: () => endCredits(world, grant, 'credits_expired') };
}
