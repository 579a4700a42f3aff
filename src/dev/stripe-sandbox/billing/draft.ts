/** A draft's metered lines follow the meter until it is finalized; after that nothing moves. */
import type { Invoice, LineItem } from '../objects';
import type { World } from '../world';
import { usedBetween } from './metering';
import { lineAmount } from './rating';

export function refreshDraft(world: World, invoice: Invoice): void {
  if (invoice.status !== 'draft') return;
  for (const line of invoice.lines.data) rateUsage(world, invoice, line);
  sumUp(invoice);
}

function rateUsage(world: World, invoice: Invoice, line: LineItem): void {
  // An invoice item's amount was settled when it was made.
  if (line.parent.subscription_item_details?.invoice_item !== null) return;
  const price = world.store.get('price', line.pricing?.price_details.price ?? '');
  const meter = price?.recurring?.meter;
  if (!price || !meter || line.period.end > invoice.created) return;
  // A negative total is billed as nothing, not as a credit.
  const quantity = Math.max(0, usedBetween(world, meter, invoice.customer, line.period));
  line.quantity = quantity;
  line.quantity_decimal = String(quantity);
  line.amount = lineAmount(price, quantity);
  line.subtotal = line.amount;
  line.description = line.description?.replace(/^\d+/, String(quantity)) ?? null;
}

/** Totals of a draft; nothing is due by the customer's balance before it is finalized. */
export function sumUp(invoice: Invoice): void {
  const total = invoice.lines.data.reduce((sum, line) => sum + line.amount, 0);
  invoice.subtotal = total;
  invoice.total = total;
  invoice.subtotal_excluding_tax = total;
  invoice.total_excluding_tax = total;
  invoice.amount_due = Math.max(0, total + invoice.starting_balance);
  invoice.amount_remaining = invoice.amount_due;
}
