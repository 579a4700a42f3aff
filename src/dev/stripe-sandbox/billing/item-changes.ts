/** Changes of a subscription's items: planned, priced, and then made, or only previewed. */
import { change, emit } from '../events';
import type { Customer, Subscription, SubscriptionItem } from '../objects';
import type { InvoiceItem } from '../objects-invoice-item';
import { invalid } from '../protocol/fault';
import { stored } from '../protocol/lookup';
import { mergeMetadata } from '../protocol/params';
import { presentItem } from '../presentation';
import { newItem } from '../shapes/subscription';
import { customerNow } from '../world';
import type { World } from '../world';
import { collect } from './collection';
import { currentPeriod } from './cycle';
import { nextBoundary } from './calendar';
import { announce, buildInvoice, finalize, takePendingItems } from './invoicing';
import { isMetered, prorations, storePending } from './proration';
import type { ItemChange } from './proration';
import { pricesOf } from './start';

export interface AskedChange {
  id?: string;
  deleted?: boolean;
  price?: string;
  quantity?: number;
  metadata?: Record<string, string> | null;
}

export type ProrationBehavior = 'always_invoice' | 'create_prorations' | 'none';

export interface Plan {
  changes: ItemChange[];
  /** All items as they will be. */
  items: SubscriptionItem[];
  /** The intervals differ, or it was asked for: a new period begins with the change. */
  restarts: boolean;
  pending: InvoiceItem[];
  at: number;
}

export interface Terms {
  behavior?: ProrationBehavior;
  prorationDate?: number;
  restarts?: boolean;
}

/** Nothing is stored yet. */
export function planChanges(
  world: World,
  subscription: Subscription,
  customer: Customer,
  asked: readonly AskedChange[],
  terms: Terms,
): Plan {
  const current = world.store.subscriptionItems(subscription.id);
  const now = customerNow(world, customer);
  const at = prorationTime(current, terms.prorationDate, now);
  assertOnce(asked);
  const changes = asked.map((one) => planned(world, subscription, current, one, at));
  const touched = new Map(changes.map(({ before, after }) => [before?.id, after]));
  const kept = current.map((item) => (touched.has(item.id) ? touched.get(item.id) : item));
  const added = changes.filter(({ before }) => before === null).map(({ after }) => after);
  const items = [...kept, ...added].filter((item) => item !== null && item !== undefined);
  if (items.length === 0)
    throw invalid('A subscription must have at least one item.', { param: 'items' });
  pricesOf(
    world,
    items.map(({ price }) => ({ price })),
  );
  const restarts =
    (terms.restarts ?? false) || intervalOf(world, items) !== intervalOf(world, current);
  const whole = restarts ? restarted(world, current, changes) : changes;
  const behavior = terms.behavior ?? 'create_prorations';
  const pending = behavior === 'none' ? [] : prorations(world, subscription, customer, whole, at);
  return { changes, items, restarts, pending, at };
}

/** Returns what `previous_attributes` shows of the items. */
export function makeChanges(
  world: World,
  subscription: Subscription,
  customer: Customer,
  plan: Plan,
  behavior: ProrationBehavior | undefined,
): Record<string, unknown> {
  const current = world.store.subscriptionItems(subscription.id);
  const shownBefore = current.map((item) => presentItem(world, item));
  const ended = currentPeriod(current);
  for (const { before, after } of plan.changes) {
    if (after) world.store.put('subscription_item', after);
    else if (before) world.store.remove('subscription_item', before.id);
  }
  storePending(world, plan.pending);
  // A proration_date dates the credit only: the new period begins now.
  const now = customerNow(world, customer);
  if (plan.restarts) restart(world, subscription, customer, ended, now);
  else if (behavior === 'always_invoice') invoiceNow(world, subscription, customer);
  return { items: { data: shownBefore } };
}

/** Tells of changes that were made through an item's own route. */
export function tellOfChanges(
  world: World,
  subscription: Subscription,
  previous: Record<string, unknown>,
): void {
  change(world, 'subscription', subscription, {}, 'customer.subscription.updated', previous);
}

function assertOnce(asked: readonly AskedChange[]): void {
  const ids = asked.flatMap(({ id }) => (id === undefined ? [] : [id]));
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  if (twice !== undefined)
    throw invalid(`The subscription item ${twice} is named twice.`, { param: 'items' });
}

function planned(
  world: World,
  subscription: Subscription,
  current: readonly SubscriptionItem[],
  asked: AskedChange,
  at: number,
): ItemChange {
  if (asked.id === undefined) {
    const [price] = pricesOf(world, [asked]);
    if (!price) throw invalid('A new item needs a price.', { param: 'items' });
    const period = currentPeriod(current);
    const after = newItem(subscription, price, asked, period, at);
    return { before: null, after: { ...after, metered_from: at } };
  }
  const item = stored(world, 'subscription_item', asked.id);
  if (item.subscription !== subscription.id)
    throw invalid(`The item ${item.id} does not belong to ${subscription.id}.`, { param: 'items' });
  const before = structuredClone(item);
  if (asked.deleted) return { before, after: null };
  const after = structuredClone(item);
  const [price] = asked.price === undefined ? [] : pricesOf(world, [asked]);
  if (price && price.id !== item.price) {
    Object.assign(after, { price: price.id, metered_from: at });
    const wasMetered = isMetered(world, item);
    const meters = price.recurring?.usage_type === 'metered';
    if (wasMetered !== meters) after.quantity = meters ? null : 1;
  }
  if (asked.quantity !== undefined) {
    if (isMetered(world, after)) {
      throw invalid('Metered prices take no quantity: usage comes from meter events.', {
        param: 'items',
      });
    }
    after.quantity = asked.quantity;
  }
  after.metadata = mergeMetadata(after.metadata, asked.metadata);
  return { before, after };
}

function prorationTime(
  items: readonly SubscriptionItem[],
  asked: number | undefined,
  now: number,
): number {
  if (asked === undefined) return now;
  const { start, end } = currentPeriod(items);
  if (asked >= start && asked <= end) return asked;
  throw invalid(`proration_date (${asked}) must be within the current period (${start}–${end}).`, {
    param: 'proration_date',
  });
}

function intervalOf(world: World, items: readonly SubscriptionItem[]): string {
  const recurring = world.store.get('price', items[0]?.price ?? '')?.recurring;
  return `${recurring?.interval_count} ${recurring?.interval}`;
}

/** With a new period everything licensed is credited, and then charged in full by its invoice. */
function restarted(
  world: World,
  current: readonly SubscriptionItem[],
  changes: readonly ItemChange[],
): ItemChange[] {
  const swapped = changes.filter(({ before }) => before && isMetered(world, before));
  const licensed = current.filter((item) => !isMetered(world, item));
  return [
    ...licensed.map((item) => ({ before: structuredClone(item), after: null })),
    ...swapped.map(({ before, after }) => ({ before, after })),
  ];
}

/** A new period from now on, invoiced at once with the usage of the one that it cuts short. */
export function restart(
  world: World,
  subscription: Subscription,
  customer: Customer,
  ended: { start: number; end: number },
  at: number,
): void {
  const items = world.store.subscriptionItems(subscription.id);
  const recurring = world.store.get('price', items[0]?.price ?? '')?.recurring;
  if (!recurring) throw new Error(`Subscription ${subscription.id} has no recurring price.`);
  const used = { start: ended.start, end: at };
  const next = { start: at, end: nextBoundary(at, recurring, at) };
  if (subscription.status === 'trialing')
    Object.assign(subscription, { status: 'active', trial_end: at });
  subscription.billing_cycle_anchor = at;
  const lines = { base: next, usage: at > ended.start ? used : null };
  bill(world, subscription, customer, lines, used);
  for (const item of items) {
    Object.assign(item, { current_period_start: next.start, current_period_end: next.end });
    world.store.put('subscription_item', item);
  }
}

/** A subscription that its trial's end had paused begins a new period and pays for it. */
export function resume(world: World, subscription: Subscription, customer: Customer): void {
  if (subscription.status !== 'paused') {
    throw invalid(`The subscription ${subscription.id} is ${subscription.status}, not paused.`);
  }
  const now = customerNow(world, customer);
  subscription.status = 'active';
  restart(world, subscription, customer, { start: now, end: now }, now);
  world.store.put('subscription', subscription);
  emit(world, 'customer.subscription.updated', subscription, { status: 'paused' });
  emit(world, 'customer.subscription.resumed', subscription);
}

/** What is pending of the subscription, at once. */
export function invoiceNow(world: World, subscription: Subscription, customer: Customer): void {
  const now = customerNow(world, customer);
  bill(world, subscription, customer, { base: null, usage: null }, { start: now, end: now });
}

function bill(
  world: World,
  subscription: Subscription,
  customer: Customer,
  lines: Parameters<typeof buildInvoice>[5],
  period: { start: number; end: number },
): void {
  const reason = 'subscription_update';
  const invoice = buildInvoice(world, customer, subscription, reason, period, lines);
  takePendingItems(world, invoice, subscription.id);
  if (invoice.lines.data.length === 0) return;
  subscription.latest_invoice = invoice.id;
  world.store.put('subscription', subscription);
  announce(world, invoice, false);
  finalize(world, invoice);
  collect(world, invoice);
}
