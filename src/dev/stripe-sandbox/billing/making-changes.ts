/**
 * Changes of a subscription made: at once, or when they are paid, as payment_behavior says; and
 * the invoice for them. Source: docs.stripe.com/api/subscriptions/update.
 */
import { change, emit } from '../events';
import type { Customer, Invoice, Subscription, WaitingUpdate } from '../objects';
import { invalid } from '../protocol/fault';
import { presentItem } from '../presentation';
import { clockNow, customerNow } from '../world';
import type { World } from '../world';
import { beliefs } from './beliefs';
import { nextBoundary } from './calendar';
import { voidInvoice } from './closing';
import { collect, intentOf } from './collection';
import { currentPeriod } from './cycle';
import { assertPaid } from './first-payment';
import type { Bill } from './first-payment';
import { announce, buildInvoice, finalize, takePendingItems } from './invoicing';
import type { Span } from './invoicing';
import type { Plan, ProrationBehavior } from './item-changes';
import { applyWaiting, dropWaiting, expiryFrom, makeUpdate, showWaiting } from './pending-updates';
import { isMetered, storePending } from './proration';

export const UPDATE_BEHAVIORS = [
  'allow_incomplete',
  'default_incomplete',
  'error_if_incomplete',
  'pending_if_incomplete',
] as const;
type UpdateBehavior = (typeof UPDATE_BEHAVIORS)[number];

export interface ChangeTerms {
  behavior?: ProrationBehavior;
  payment?: UpdateBehavior;
  /** Merged when the update is made. */
  metadata?: WaitingUpdate['metadata'];
}

/** Returns what `previous_attributes` shows of the items. */
export function makeChanges(
  world: World,
  subscription: Subscription,
  customer: Customer,
  plan: Plan,
  { behavior, payment = 'allow_incomplete', metadata = {} }: ChangeTerms,
): Record<string, unknown> {
  const items = world.store.subscriptionItems(subscription.id);
  const previousValues = { items: { data: items.map((item) => presentItem(world, item)) } };
  const now = customerNow(world, customer);
  const nextSpan = plan.restarts ? newPeriod(world, plan, now) : null;
  const update: WaitingUpdate = {
    invoice: null,
    changes: plan.changes,
    next: nextSpan,
    metadata,
    expiresAt: expiryFrom(subscription, currentPeriod(items).end, now),
    isNew: true,
  };
  const isInvoiced = plan.restarts || behavior === 'always_invoice';
  if (!isInvoiced) {
    makeUpdate(world, subscription, update);
    storePending(world, plan.pending);
    return previousValues;
  }
  const bill = billOf(world, subscription, plan, { payment, next: nextSpan, now });
  if (payment === 'error_if_incomplete') assertPaid(world, subscription, customer, plan, bill);
  replaceWaiting(world, subscription);
  storePending(world, plan.pending);
  if (payment === 'pending_if_incomplete') pend(world, subscription, customer, update, bill);
  else {
    makeUpdate(world, subscription, update);
    const invoice = draw(world, subscription, customer, bill);
    if (invoice && payment === 'default_incomplete')
      awaitConfirmation(world, subscription, invoice);
    else if (invoice) collect(world, invoice);
  }
  return previousValues;
}

/** Tells of changes that were made through an item's own route. */
export function tellOfChanges(
  world: World,
  subscription: Subscription,
  previousValues: Record<string, unknown>,
): void {
  change(world, 'subscription', subscription, {}, 'customer.subscription.updated', previousValues);
}

/**
 * A subscription that its trial's end had paused begins a new period and pays for it. Unpaid it is
 * past due, or, if payment is a condition, still paused: docs.stripe.com/api/subscriptions/resume.
 */
export function resume(
  world: World,
  subscription: Subscription,
  customer: Customer,
  payment: 'resume_on_payment_attempt' | 'resume_on_payment_success',
): void {
  if (subscription.status !== 'paused') {
    throw invalid(`The subscription ${subscription.id} is ${subscription.status}, not paused.`);
  }
  const now = customerNow(world, customer);
  const items = world.store.subscriptionItems(subscription.id);
  const plan = { changes: [], items, restarts: true, pending: [], at: now };
  const newSpan = newPeriod(world, plan, now);
  const period = { start: now, end: now };
  const bill = { lines: { base: newSpan, usage: null }, period };
  const expiresAt = expiryFrom(subscription, now, now);
  const update = {
    invoice: null,
    changes: [],
    next: newSpan,
    metadata: {},
    expiresAt,
    isNew: true,
  };
  replaceWaiting(world, subscription);
  if (payment === 'resume_on_payment_success') {
    pend(world, subscription, customer, update, bill);
    if (subscription.status === 'paused') return;
  } else {
    makeUpdate(world, subscription, update);
    world.store.put('subscription', subscription);
    const invoice = draw(world, subscription, customer, bill);
    if (invoice) collect(world, invoice);
  }
  world.store.put('subscription', subscription);
  emit(world, 'customer.subscription.updated', subscription, { status: 'paused' });
  emit(world, 'customer.subscription.resumed', subscription);
}

function newPeriod(world: World, plan: Plan, now: number): Span {
  const recurring = world.store.get('price', plan.items[0]?.price ?? '')?.recurring;
  if (!recurring) throw new Error('A subscription without a recurring price has no period.');
  return { start: now, end: nextBoundary(now, recurring, now) };
}

/** A period that begins now is invoiced with the usage of the one that it cuts short. */
function billOf(
  world: World,
  subscription: Subscription,
  plan: Plan,
  { payment, next, now }: { payment: UpdateBehavior; next: Span | null; now: number },
): Bill {
  const { start } = currentPeriod(world.store.subscriptionItems(subscription.id));
  const usedSpan = now > start ? { start, end: now } : null;
  if (next) {
    const lines = { base: next, usage: usedSpan, items: plan.items };
    return { lines, period: { start, end: now } };
  }
  const isUsageBilled =
    payment === 'pending_if_incomplete' && beliefs(world).pendingUpdateUsage === 'billed';
  const usage = isUsageBilled ? usedSpan : null;
  return { lines: { base: null, usage, items: plan.items }, period: { start: now, end: now } };
}

/** Made when its invoice is paid: in this moment, or by its expiry. */
function pend(
  world: World,
  subscription: Subscription,
  customer: Customer,
  update: WaitingUpdate,
  bill: Bill,
): void {
  const invoice = draw(world, subscription, customer, bill);
  // Paid or not, what this invoice has of the usage no other one will have.
  if (bill.lines.usage) meteredFrom(world, subscription, update, bill.lines.usage.end);
  update.invoice = invoice?.id ?? null;
  subscription.waiting_update = update;
  if (invoice) collect(world, invoice);
  else applyWaiting(world, subscription);
  showWaiting(world, subscription);
  world.store.put('subscription', subscription);
}

function meteredFrom(
  world: World,
  subscription: Subscription,
  update: WaitingUpdate,
  start: number,
): void {
  const newItems = update.changes.flatMap(({ after }) => (after ? [after] : []));
  const oldItems = world.store.subscriptionItems(subscription.id);
  for (const item of [...oldItems, ...newItems]) {
    if (isMetered(world, item)) item.metered_from = Math.max(item.metered_from ?? 0, start);
  }
  for (const item of oldItems) world.store.put('subscription_item', item);
}

/** Another update takes the place of one that waits: its invoice is voided. */
function replaceWaiting(world: World, subscription: Subscription): void {
  const waitingUpdate = subscription.waiting_update;
  if (!waitingUpdate) return;
  dropWaiting(world, subscription, 'replacement');
  const invoice = world.store.get('invoice', waitingUpdate.invoice ?? '');
  if (invoice?.status === 'open') voidInvoice(world, invoice);
}

/** The customer's side confirms it; until then the subscription is past due. */
function awaitConfirmation(world: World, subscription: Subscription, invoice: Invoice): void {
  if (invoice.amount_due === 0) {
    collect(world, invoice);
    return;
  }
  intentOf(world, invoice, clockNow(world, invoice.test_clock));
  if (subscription.status === 'active') subscription.status = 'past_due';
}

function draw(
  world: World,
  subscription: Subscription,
  customer: Customer,
  { lines, period }: Bill,
): Invoice | null {
  const reason = 'subscription_update';
  const invoice = buildInvoice(world, customer, subscription, reason, period, lines);
  takePendingItems(world, invoice, subscription.id);
  if (invoice.lines.data.length === 0) return null;
  subscription.latest_invoice = invoice.id;
  world.store.put('subscription', subscription);
  announce(world, invoice, false);
  finalize(world, invoice);
  return invoice;
}
