/**
 * Whether an invoice could be paid, before anything of it is made: `error_if_incomplete` refuses
 * the whole update with 402 (docs.stripe.com/api/subscriptions/update).
 */
import type { Customer, Subscription } from '../objects';
import { cardDeclined, invalid } from '../protocol/fault';
import { invoiceItemLine } from '../shapes/invoice';
import type { World } from '../world';
import { outcomeOf } from './charging';
import { hasPaymentMethod, paymentMethodFor } from './collection';
import { isTooSmall } from './customer-balance';
import { refreshDraft, sumUp } from './draft';
import { buildInvoice, pendingItemsOf } from './invoicing';
import type { Lines, Span } from './invoicing';
import type { Plan } from './item-changes';

/** An invoice to make now. */
export interface Bill {
  lines: Lines;
  period: Span;
}

export function assertPaid(
  world: World,
  subscription: Subscription,
  customer: Customer,
  plan: Plan,
  { lines, period }: Bill,
): void {
  const reason = 'subscription_update';
  const invoice = buildInvoice(world, customer, subscription, reason, period, lines);
  for (const item of [...pendingItemsOf(world, invoice, subscription.id), ...plan.pending]) {
    const price = item.price === null ? undefined : world.store.get('price', item.price);
    invoice.lines.data.push(invoiceItemLine(invoice, item, price));
  }
  refreshDraft(world, invoice);
  sumUp(world, invoice);
  if (isTooSmall(invoice.total + customer.balance)) return;
  if (!hasPaymentMethod(customer, subscription.default_payment_method)) {
    throw invalid(
      'This customer has no attached payment source or default payment method. Please consider ' +
        'adding a default payment method.',
      { code: 'resource_missing' },
    );
  }
  const method = paymentMethodFor(world, invoice, undefined);
  const attempt = { isOffSession: true, waits: true };
  const refusal = outcomeOf(world, customer.id, method, attempt);
  if (refusal) throw cardDeclined(refusal.code, refusal.declineCode, refusal.message);
}
