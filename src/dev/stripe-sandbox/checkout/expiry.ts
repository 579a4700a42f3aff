/** A session that nobody completed in time, or that was taken back. */
import { emit } from '../events';
import type { CheckoutSession } from '../objects-checkout';
import { invalid } from '../protocol/fault';
import type { World } from '../world';

export function expireSession(world: World, session: CheckoutSession): void {
  if (session.status !== 'open') {
    throw invalid(
      'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session ' +
        `has a status of ${session.status}.`,
    );
  }
  Object.assign(session, { status: 'expired', url: null, waitingCard: null });
  world.store.put('checkout.session', session);
  emit(world, 'checkout.session.expired', session);
}
