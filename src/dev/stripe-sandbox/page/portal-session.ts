/** A customer's visit to the portal: who it is, and what they may do. */
import type { Customer, Subscription } from '../objects';
import type { PortalConfiguration, PortalSession } from '../objects-portal';
import type { World } from '../world';
import { accountNow } from '../world';

export const PORTAL = '/p/session/';
const OPEN_FOR_S = 3600;

export interface Visit {
  session: PortalSession;
  configuration: PortalConfiguration;
  customer: Customer;
}

/** `/p/session/{secret}/{step}`; no step is the page itself. */
export function placeOf(pathname: string): { secret: string; step: string; address: string } {
  const [secret = '', step = ''] = pathname.slice(PORTAL.length).split('/');
  return { secret, step, address: `${PORTAL}${secret}` };
}

export function visitOf(world: World, secret: string): Visit | null {
  const session = world.store.where('billing_portal.session', 'secret', secret)[0];
  if (!session || accountNow(world) - session.created > OPEN_FOR_S) return null;
  const kind = 'billing_portal.configuration';
  const configuration = world.store.get(kind, session.configuration);
  const customer = world.store.get('customer', session.customer);
  return configuration && customer && !customer.deleted
    ? { session, configuration, customer }
    : null;
}

export function subscriptionsOf(world: World, customer: Customer): Subscription[] {
  return world.store
    .where('subscription', 'customer', customer.id)
    .filter((one) => one.ended_at === null);
}
