/** Making and finalizing invoices. */
import { emit } from '../events';
import { discountsFor, useUp } from '../discounts/lifetimes';
import { openPage } from '../hosted-invoice/address';
import { invoiceItemLine, itemLine, newInvoice } from '../shapes/invoice';
import type { Customer, Invoice, Subscription, SubscriptionItem } from '../objects';
import { clockNow, customerNow } from '../world';
import type { World } from '../world';
import { noteAnnounced } from '../webhooks';
import { applyCredits } from './credits';
import { applyBalance } from './customer-balance';
import { isOfTrial, refreshDraft, sumUp } from './draft';
import { partsOf } from './line-parts';
import { prorated } from './rating';

const FINALIZATION_DELAY_S = 3600;

export type Span = { start: number; end: number };

export interface Lines {
  /** Licensed items are billed for this span. */
  base: Span | null;
  /** Metered items are billed for this span. */
  usage: Span | null;
  /** The part of the base span's normal length that is charged. */
  share?: { part: number; whole: number };
  /** The base is charged at nothing, as in a trial. */
  isFree?: boolean;
  /** Other items than the subscription's own: those it would have. */
  items?: readonly SubscriptionItem[];
}

export function buildInvoice(
  world: World,
  customer: Customer,
  subscription: Subscription,
  billingReason: string,
  period: Span,
  lines: Lines,
): Invoice {
  const now = customerNow(world, customer);
  const { currency } = subscription;
  const invoice = newInvoice({ customer, subscription, billingReason, now, period, currency });
  invoice.discounts = discountsFor(world, customer, subscription, now).map(({ id }) => id);
  for (const item of lines.items ?? world.store.subscriptionItems(subscription.id))
    addItemLine(world, invoice, item, lines);
  return invoice;
}

function addItemLine(world: World, invoice: Invoice, item: SubscriptionItem, lines: Lines): void {
  const price = world.store.get('price', item.price);
  if (!price) return;
  const isMetered = price.recurring?.usage_type === 'metered';
  const span = isMetered ? lines.usage : lines.base;
  if (!span) return;
  const period = isMetered ? usedIn(item, span) : span;
  const quantity = isMetered ? 0 : (item.quantity ?? 1);
  const product = String(world.store.get('product', price.product)?.name ?? price.product);
  // A line for a trial's usage reads so at Stripe: argos-ci/argos#2373.
  const isTrial = isMetered && isOfTrial(world, { subscription: item.subscription, period });
  const name = isTrial ? `Trial period for ${product}` : product;
  for (const part of partsOf(price, quantity, name)) {
    const fullAmount = lines.isFree || isMetered ? 0 : part.amount;
    const amount = lines.share
      ? prorated(fullAmount, lines.share.part, lines.share.whole)
      : fullAmount;
    invoice.lines.data.push(itemLine(invoice, { item, price, period, ...part, amount }));
  }
}

/** A price that was swapped in has no usage from before. */
export function usedIn(item: SubscriptionItem, span: Span): Span {
  return { start: Math.max(span.start, item.metered_from ?? 0), end: span.end };
}

/** Takes in the customer's pending invoice items. */
export function takePendingItems(world: World, invoice: Invoice, subscription: string | null) {
  for (const item of pendingItemsOf(world, invoice, subscription)) {
    item.invoice = invoice.id;
    world.store.put('invoiceitem', item);
    const price = item.price === null ? undefined : world.store.get('price', item.price);
    invoice.lines.data.push(invoiceItemLine(invoice, item, price));
  }
}

export function pendingItemsOf(world: World, invoice: Invoice, subscription: string | null) {
  return world.store
    .where('invoiceitem', 'customer', invoice.customer)
    .filter((item) => item.invoice === null)
    .filter((item) => item.subscription === null || item.subscription === subscription)
    .filter((item) => item.currency === invoice.currency);
}

/** Stores a draft and tells of it; with `waits` it is finalized an hour after that was heard. */
export function announce(world: World, invoice: Invoice, waits: boolean): void {
  if (waits) invoice.automatically_finalizes_at = invoice.created + FINALIZATION_DELAY_S;
  refreshDraft(world, invoice);
  sumUp(world, invoice);
  world.store.put('invoice', invoice);
  useUp(world, invoice);
  const event = emit(world, 'invoice.created', invoice);
  if (event.pending_webhooks === 0) noteAnnounced(world, invoice);
}

export function finalize(world: World, invoice: Invoice): void {
  const customer = world.store.get('customer', invoice.customer);
  const now = clockNow(world, invoice.test_clock);
  refreshDraft(world, invoice);
  useUp(world, invoice);
  applyCredits(world, invoice);
  applyBalance(world, invoice, customer);
  if (customer) {
    const sequence = String(customer.next_invoice_sequence).padStart(4, '0');
    invoice.number ??= `${customer.invoice_prefix}-${sequence}`;
    customer.next_invoice_sequence += 1;
    world.store.put('customer', customer);
  }
  invoice.automatically_finalizes_at = null;
  invoice.effective_at = now;
  invoice.status = 'open';
  invoice.status_transitions = { ...invoice.status_transitions, finalized_at: now };
  invoice.hosted_page = openPage(world);
  world.store.put('invoice', invoice);
  emit(world, 'invoice.finalized', invoice);
}
