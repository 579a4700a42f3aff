/** Who may send to the meter event stream: whoever has the token of a session that holds. */
import type { MeterEventSession } from './objects-v2';
import { StripeFault } from './protocol/fault';
import type { World } from './world';

/** "Only valid for 15 minutes": docs.stripe.com/api/v2/billing-meter-stream */
const HELD_MS = 15 * 60_000;

/** Unix milliseconds. */
export const sessionEnd = ({ openedAtMs }: MeterEventSession): number => openedAtMs + HELD_MS;

/**
 * The type is the `stripe` package's; the code is that which another client of the stream knows:
 * LatticeStripe.Billing.MeterEventStream, on hexdocs.
 */
export function assertSession(world: World, token: string): void {
  const [session] = world.store.where('v2.billing.meter_event_session', 'token', token);
  if (session && sessionEnd(session) > world.settings.realNowMs()) return;
  throw new StripeFault(401, {
    type: 'temporary_session_expired',
    code: 'billing_meter_event_session_expired',
    message: 'The session is expired, or the token is of none: create a meter event session.',
  });
}

export function forgetSessions(world: World): void {
  for (const session of world.store.oldestFirst('v2.billing.meter_event_session')) {
    if (sessionEnd(session) > world.settings.realNowMs()) return;
    world.store.remove('v2.billing.meter_event_session', session.id);
  }
}
