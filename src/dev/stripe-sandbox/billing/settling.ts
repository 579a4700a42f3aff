/** A finalized invoice is collected, unless its subscription's collection is paused. */
import type { Invoice } from '../objects';
import type { World } from '../world';
import { voidInvoice, writeOff } from './closing';
import { collect } from './collection';
import { subscriptionOf } from './standing';

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
