/** A finalized invoice is collected, unless its subscription's collection is paused. */
import { change, emit } from '../events';
import type { Invoice } from '../objects';
import { clockNow } from '../world';
import type { World } from '../world';
import { collect, subscriptionOf } from './collection';
import { voidInvoice } from './invoicing';

export function settle(world: World, invoice: Invoice): void {
  switch (subscriptionOf(world, invoice)?.pause_collection?.behavior) {
    case 'void':
      voidInvoice(world, invoice);
      return;
    case 'mark_uncollectible':
      writeOff(world, invoice);
      return;
    default:
      collect(world, invoice);
  }
}

function writeOff(world: World, invoice: Invoice): void {
  const now = clockNow(world, invoice.test_clock);
  invoice.auto_advance = false;
  invoice.status_transitions = { ...invoice.status_transitions, marked_uncollectible_at: now };
  change(world, 'invoice', invoice, { status: 'uncollectible' }, 'invoice.updated');
  emit(world, 'invoice.marked_uncollectible', invoice);
}
