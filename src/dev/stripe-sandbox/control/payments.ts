/** What a person may order of payments: the next one of a customer fails. */
import type { World } from '../world';
import { aText, checkOrder } from './order';
import { controlRoute, refuseOrder } from './route';

export const PAYMENT_CONTROLS = [
  controlRoute('POST /_sandbox/fail-next-payment', ({ world }, order) =>
    failNextPayment(world, order),
  ),
];

function failNextPayment(world: World, order: Record<string, unknown>): unknown {
  const terms = checkOrder(order, { customer: aText, code: aText }, ['customer']);
  const { customer = '', code = 'card_declined' } = terms;
  if (!world.store.get('customer', customer)) {
    throw refuseOrder(`fail-next-payment needs an existing customer, got ${customer}.`, 'customer');
  }
  const failingPayment = { id: customer, object: 'failing_payment', created: 0, code };
  return world.store.put('failing_payment', failingPayment);
}
