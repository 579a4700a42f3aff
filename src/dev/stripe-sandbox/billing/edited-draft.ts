/** A draft whose lines somebody changes: its amounts follow, and `invoice.updated` tells it. */
import { emit } from '../events';
import type { Invoice, LineItem } from '../objects';
import type { World } from '../world';
import { sumUp } from './draft';

const AMOUNTS = [
  ...['subtotal', 'total', 'subtotal_excluding_tax', 'total_excluding_tax'],
  ...['amount_due', 'amount_remaining'],
] as (keyof Invoice)[];

export function editDraft(
  world: World,
  invoice: Invoice,
  edit: (lines: readonly LineItem[]) => LineItem[],
): void {
  const earlierState = { ...invoice };
  invoice.lines.data = edit(invoice.lines.data);
  sumUp(world, invoice);
  world.store.put('invoice', invoice);
  const changedAmounts = AMOUNTS.filter((amount) => invoice[amount] !== earlierState[amount]);
  // "Occurs whenever an invoice changes (e.g., the invoice amount)": Stripe's types of events.
  const previousValues = Object.fromEntries(
    changedAmounts.map((amount) => [amount, earlierState[amount]]),
  );
  emit(world, 'invoice.updated', invoice, previousValues);
}
