/** Ending a subscription at once: its usage is billed only when `invoice_now` asks for it. */
import { emit } from '../events';
import type { Customer, Subscription } from '../objects';
import { customerNow } from '../world';
import type { World } from '../world';
import { stopCollection, voidInvoice } from './closing';
import { currentPeriod } from './cycle';
import { creditUnused } from './proration';
import { announce, buildInvoice, finalize, takePendingItems } from './invoicing';
import { collect } from './collection';

export function cancelNow(
  world: World,
  subscription: Subscription,
  customer: Customer,
  options: { invoice_now?: boolean; prorate?: boolean },
): void {
  const now = customerNow(world, customer);
  const waitingInvoice = world.store.get('invoice', subscription.waiting_update?.invoice ?? '');
  if (waitingInvoice?.status === 'open') voidInvoice(world, waitingInvoice);
  if (options.prorate) creditUnused(world, subscription, customer);
  const { start } = currentPeriod(world.store.subscriptionItems(subscription.id));
  Object.assign(subscription, { status: 'canceled', canceled_at: now, ended_at: now });
  subscription.cancellation_details = {
    comment: null,
    feedback: null,
    reason: 'cancellation_requested',
  };
  world.store.put('subscription', subscription);
  stopCollection(world, customer.id);
  if (options.invoice_now && now > start) {
    const usedSpan = { start, end: now };
    const reason = 'subscription_update';
    const lines = { base: null, usage: usedSpan };
    const invoice = buildInvoice(world, customer, subscription, reason, usedSpan, lines);
    takePendingItems(world, invoice, subscription.id);
    if (invoice.lines.data.length > 0) {
      subscription.latest_invoice = invoice.id;
      announce(world, invoice, false);
      finalize(world, invoice);
      collect(world, invoice);
    }
  }
  emit(world, 'customer.subscription.deleted', subscription);
}
