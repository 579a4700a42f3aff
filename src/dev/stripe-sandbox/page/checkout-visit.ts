/** What a form of Checkout's page does, and where the browser goes next. */
import type { Control } from '../control/route';
import { answerBank, payByCard } from '../checkout/completing';
import { withAmounts } from '../checkout/making-sessions';
import { enterCode, removeCode } from '../checkout/session-discount';
import type { CheckoutSession } from '../objects-checkout';
import { StripeFault } from '../protocol/fault';
import type { World } from '../world';
import { outcomeOf } from './challenge';
import { CHECKOUT } from './checkout-view';
import { tell } from './forms';

export function doInCheckout(
  { world }: Control,
  pathname: string,
  order: Record<string, unknown>,
): string {
  const [id = '', action = ''] = pathname.slice(CHECKOUT.length).split('/');
  const address = `${CHECKOUT}${id}`;
  const session = world.store.get('checkout.session', id);
  if (!session) return address;
  const text = (name: string): string => String(order[name] ?? '');
  const orNull = (name: string): string | null => text(name) || null;
  try {
    if (action === 'answer') answerBank(world, session, outcomeOf(text('outcome')));
    else if (action === 'promotion') enter(world, session, text('code'));
    else if (action === 'pay') {
      const { number, expiry, cvc } = {
        number: text('number'),
        expiry: text('expiry'),
        cvc: text('cvc'),
      };
      const payer = { number, expiry, cvc, email: orNull('email'), name: orNull('name') };
      if (payByCard(world, session, payer) === 'challenge') return `${address}/challenge`;
    }
    return address;
  } catch (error) {
    if (error instanceof StripeFault) return tell(address, 'wrong', error.message);
    throw error;
  }
}

/** No code takes away the one that is there. */
function enter(world: World, session: CheckoutSession, code: string): void {
  if (code === '') removeCode(session);
  else enterCode(world, session, code);
  world.store.put('checkout.session', withAmounts(world, session));
}
