/**
 * The next invoice of a subscription as it would be now, with or without a change of its items.
 * Nothing is stored and nobody is told.
 */
import { currentPeriod, nextPeriodEnd } from '../billing/cycle';
import { refreshDraft, sumUp } from '../billing/draft';
import { buildInvoice } from '../billing/invoicing';
import type { Lines } from '../billing/invoicing';
import { planChanges } from '../billing/item-changes';
import type { Plan } from '../billing/item-changes';
import { nextBoundary } from '../billing/calendar';
import { discountsFor } from '../discounts/lifetimes';
import { DISCOUNTS, redeem, unredeem } from '../discounts/redeeming';
import type { AskedDiscount } from '../discounts/redeeming';
import type { Customer, Invoice, Subscription } from '../objects';
import type { Discount } from '../objects-discount';
import { invalid } from '../protocol/fault';
import { named, namedCustomer } from '../protocol/lookup';
import * as p from '../protocol/params';
import { route } from '../protocol/router';
import { invoiceItemLine } from '../shapes/invoice';
import type { World } from '../world';
import { ITEM_FIELDS } from './subscription-items';
import { listOf } from '../presentation-parts';

const CHANGE = p.object({
  billing_cycle_anchor: p.oneOf('now', 'unchanged'),
  cancel_at_period_end: p.bool,
  items: p.listOf(p.object({ ...ITEM_FIELDS, id: p.filled, deleted: p.bool })),
  proration_behavior: p.oneOf('always_invoice', 'create_prorations', 'none'),
  proration_date: p.positive,
});
type Change = NonNullable<ReturnType<typeof CHANGE>>;

export const INVOICE_PREVIEW_ROUTES = [
  route(
    'POST /v1/invoices/create_preview',
    {
      customer: p.filled,
      discounts: DISCOUNTS,
      subscription: p.filled,
      subscription_details: CHANGE,
    },
    ({ world, params }) => {
      const invoice = previewInvoice(world, params);
      const { data } = invoice.lines;
      return { ...invoice, lines: listOf(`/v1/invoices/${invoice.id}/lines`, data) };
    },
  ),
];

export interface PreviewParams {
  discounts?: readonly AskedDiscount[] | null;
  subscription?: string;
  subscription_details?: Change;
}

/** The page shows the same figures as the API. */
export function previewInvoice(world: World, params: PreviewParams): Invoice {
  if (params.subscription === undefined) {
    throw invalid('The sandbox previews the next invoice of a subscription: pass one.', {
      param: 'subscription',
    });
  }
  const subscription = named(world, 'subscription', params.subscription, 'subscription');
  assertHasNext(subscription);
  const customer = namedCustomer(world, subscription.customer);
  const invoice = preview(world, subscription, customer, params.subscription_details ?? {});
  const triedDiscounts = tried(world, invoice, customer, params.discounts);
  invoice.id = `upcoming_${invoice.id}`;
  invoice.billing_reason = 'upcoming';
  invoice.starting_balance = customer.balance;
  refreshDraft(world, invoice);
  sumUp(world, invoice);
  // They were redeemed for this look only.
  unredeem(world, triedDiscounts);
  return invoice;
}

function tried(
  world: World,
  invoice: Invoice,
  customer: Customer,
  requests: readonly AskedDiscount[] | null | undefined,
): Discount[] {
  if (requests === undefined) return [];
  const presentIds = invoice.discounts;
  const discounts = redeem(world, requests ?? [], {
    ...{
      now: invoice.created,
      present: presentIds,
      of: { customer: customer.id, invoice: invoice.id },
    },
    purchase: { customer, currency: invoice.currency, cents: null },
  });
  invoice.discounts = discounts.map(({ id }) => id);
  return discounts.filter(({ id }) => !presentIds.includes(id));
}

function preview(
  world: World,
  subscription: Subscription,
  customer: Customer,
  change: Change,
): Invoice {
  const items = world.store.subscriptionItems(subscription.id);
  const period = currentPeriod(items);
  const restarts = change.billing_cycle_anchor === 'now';
  const plan = planChanges(world, subscription, customer, change.items ?? [], {
    behavior: change.proration_behavior,
    prorationDate: change.proration_date,
    restarts,
  });
  const span = plan.restarts ? { start: period.start, end: plan.at } : period;
  const lines = linesOf(world, subscription, plan, span, change);
  const reason = 'subscription_cycle';
  const invoice = buildInvoice(world, customer, subscription, reason, span, lines);
  invoice.created = span.end;
  const discounts = discountsFor(world, customer, subscription, span.end);
  invoice.discounts = discounts.map(({ id }) => id);
  const waitingItems = world.store
    .where('invoiceitem', 'customer', customer.id)
    .filter((item) => item.invoice === null)
    .filter((item) => item.subscription === null || item.subscription === subscription.id);
  for (const item of [...waitingItems, ...plan.pending]) {
    const price = world.store.get('price', item.price ?? '');
    invoice.lines.data.push(invoiceItemLine(invoice, item, price));
  }
  return invoice;
}

/** An invoice for the change alone, for a new period from now on, or the next cycle's. */
function linesOf(
  world: World,
  subscription: Subscription,
  plan: Plan,
  period: { start: number; end: number },
  change: Change,
): Lines {
  const { items } = plan;
  if (plan.restarts) {
    const recurring = world.store.get('price', items[0]?.price ?? '')?.recurring;
    const end = recurring ? nextBoundary(plan.at, recurring, plan.at) : plan.at;
    return { base: { start: plan.at, end }, usage: period, items };
  }
  if (change.proration_behavior === 'always_invoice' && change.items)
    return { base: null, usage: null, items };
  const ends = change.cancel_at_period_end ?? subscription.cancel_at !== null;
  const end = nextPeriodEnd(world, subscription, items, period.end);
  return { base: ends ? null : { start: period.end, end }, usage: period, items };
}

function assertHasNext(subscription: Subscription): void {
  if (subscription.ended_at === null) return;
  throw invalid(`No upcoming invoices for ${subscription.id}: it is ${subscription.status}.`, {
    code: 'invoice_upcoming_none',
    param: 'subscription',
  });
}
