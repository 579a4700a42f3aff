/** A draft's metered lines follow the meter until it is finalized; after that nothing moves. */
import type { Invoice, LineItem } from '../objects';
import { newId } from '../identifiers';
import type { World } from '../world';
import { takeOff } from '../discounts/taking-off';
import { beliefs } from './beliefs';
import { usedBetween } from './metering';
import { partsOf } from './line-parts';

/** Somebody looks at it with the usage of now, or of when it was made. */
export function showDraft(world: World, invoice: Invoice): void {
  if (beliefs(world).draftUsage === 'live') refreshDraft(world, invoice);
  else if (invoice.status === 'draft') sumUp(world, invoice);
}

export function refreshDraft(world: World, invoice: Invoice): void {
  if (invoice.status !== 'draft') return;
  const items = new Map<string, LineItem[]>();
  for (const line of invoice.lines.data) {
    const details = line.parent.subscription_item_details;
    // An invoice item's amount was settled when it was made.
    if (details?.invoice_item !== null) continue;
    const linesOfItem = items.get(details.subscription_item);
    if (linesOfItem) linesOfItem.push(line);
    else items.set(details.subscription_item, [line]);
  }
  for (const lines of items.values()) rateUsage(world, invoice, lines);
  sumUp(world, invoice);
}

/** An item's lines as its usage is now; a tier that is reached gets a line, in its place. */
function rateUsage(world: World, invoice: Invoice, lines: readonly LineItem[]): void {
  const [firstLine] = lines;
  const price = world.store.get('price', firstLine?.pricing?.price_details.price ?? '');
  const meter = price?.recurring?.meter;
  if (!firstLine || !price || !meter || firstLine.period.end > invoice.created) return;
  // A negative total is billed as nothing, not as a credit.
  const quantity = Math.max(0, usedBetween(world, meter, invoice.customer, firstLine.period));
  if (isOfTrial(world, firstLine)) return;
  const name = String(world.store.get('product', price.product)?.name ?? price.product);
  const ratedLines = partsOf(price, quantity, name).map((part, index) => {
    const line = lines[index] ?? { ...structuredClone(firstLine), id: newId('il') };
    const { amount, description } = part;
    Object.assign(line, { amount, subtotal: amount, description, quantity: part.quantity });
    line.quantity_decimal = String(part.quantity);
    if (line.pricing) line.pricing.unit_amount_decimal = part.unitAmount;
    return line;
  });
  const { data } = invoice.lines;
  data.splice(data.indexOf(firstLine), lines.length, ...ratedLines);
}

/** The usage of a trial is on its last invoice, for nothing. */
export function isOfTrial(
  world: World,
  { subscription, period }: { subscription: string | null; period: LineItem['period'] },
): boolean {
  if (beliefs(world).trialUsage === 'billed') return false;
  const subscriptionOfDraft = world.store.get('subscription', subscription ?? '');
  const { trial_start: start = null, trial_end: end = null } = subscriptionOfDraft ?? {};
  return start !== null && end !== null && period.start >= start && period.end <= end;
}

/** Totals of a draft; nothing is due by the customer's balance before it is finalized. */
export function sumUp(world: World, invoice: Invoice): void {
  const subtotal = invoice.lines.data.reduce((sum, line) => sum + line.amount, 0);
  const total = subtotal - takeOff(world, invoice);
  invoice.subtotal = subtotal;
  invoice.total = total;
  invoice.subtotal_excluding_tax = subtotal;
  invoice.total_excluding_tax = total;
  invoice.amount_due = Math.max(0, total + invoice.starting_balance);
  invoice.amount_remaining = invoice.amount_due;
}
