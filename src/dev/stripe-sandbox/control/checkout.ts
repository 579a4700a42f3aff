/** What an operator may decide of a Checkout session: that it is paid later, and how that ends. */
import { payLater } from '../checkout/completing';
import { concludePayment } from '../checkout/slow-payments';
import { present } from '../presentation';
import { aText, checkOrder, oneOfThese } from './order';
import { controlRoute, refuseOrder } from './route';

export const CHECKOUT_CONTROLS = [
  controlRoute('POST /_sandbox/checkout', ({ world }, order) => {
    const checks = { session: aText, payment: oneOfThese('later', 'succeed', 'fail') };
    const { session: id, payment } = checkOrder(order, checks, ['session', 'payment']);
    const session = world.store.get('checkout.session', id ?? '');
    if (!session) throw refuseOrder(`This order needs an existing session, got ${id}.`, 'session');
    if (payment === 'later') payLater(world, session);
    else concludePayment(world, session, payment ?? 'succeed');
    return present(world, session);
  }),
];
