/** Refunds: made, described, read. */
import { refund } from '../money/refunds';
import { change, emit } from '../events';
import type { Charge, Refund } from '../objects-money';
import { invalid, missingParam } from '../protocol/fault';
import { pageOf } from '../protocol/listing';
import { owned, named } from '../protocol/lookup';
import * as p from '../protocol/params';
import { present } from '../presentation';
import { accountRoute, route } from '../protocol/router';
import type { World } from '../world';

const URL = '/v1/refunds';

export const REFUND_ROUTES = [
  route(
    `POST ${URL}`,
    {
      amount: p.positive,
      charge: p.filled,
      metadata: p.metadata,
      payment_intent: p.filled,
      reason: p.oneOf('duplicate', 'fraudulent', 'requested_by_customer'),
      refund_application_fee: p.bool,
      reverse_transfer: p.bool,
    },
    ({ world, params }) => {
      const charge = chargeOf(world, params);
      const newRefund = refund(world, charge, {
        amount: params.amount,
        reason: params.reason,
        metadata: p.mergeMetadata({}, params.metadata),
        reverseTransfer: params.reverse_transfer ?? false,
        refundFee: params.refund_application_fee ?? false,
      });
      return present(world, newRefund);
    },
  ),
  accountRoute(
    `GET ${URL}`,
    { ...p.PAGE, charge: p.text, payment_intent: p.text },
    ({ world, params, account }) => {
      const { charge, payment_intent: intent } = params;
      const isAsked = (one: Refund): boolean => one.owner === account;
      const values = { charge, payment_intent: intent };
      return pageOf(world, 'refund', values, { url: URL, params, isAsked });
    },
  ),
  accountRoute(`GET ${URL}/:id`, {}, ({ world, path, account }) =>
    present(world, owned(world, 'refund', path.id, account)),
  ),
  accountRoute(`POST ${URL}/:id`, { metadata: p.metadata }, ({ world, params, path, account }) => {
    const storedRefund = owned(world, 'refund', path.id, account);
    const earlierMetadata = storedRefund.metadata;
    const metadata = p.mergeMetadata(earlierMetadata, params.metadata);
    change(world, 'refund', storedRefund, { metadata }, 'refund.updated');
    if (JSON.stringify(earlierMetadata) !== JSON.stringify(metadata))
      emit(world, 'charge.refund.updated', storedRefund, { metadata: earlierMetadata });
    return present(world, storedRefund);
  }),
];

function chargeOf(world: World, params: { charge?: string; payment_intent?: string }): Charge {
  const { charge, payment_intent: intent } = params;
  if ((charge === undefined) === (intent === undefined)) {
    throw invalid('Pass one of charge and payment_intent: what is to be refunded.', {
      code: charge === undefined ? 'parameter_missing' : 'parameters_exclusive',
      param: charge === undefined ? 'charge' : 'payment_intent',
    });
  }
  if (charge !== undefined) {
    const chargeFound = named(world, 'charge', charge, 'charge');
    if (chargeFound.owner === undefined) return chargeFound;
    throw missingParam('charge', charge, 'charge');
  }
  const paymentIntent = named(world, 'payment_intent', intent, 'payment_intent');
  const latestCharge = world.store.get('charge', paymentIntent.latest_charge ?? '');
  if (paymentIntent.status === 'succeeded' && latestCharge) return latestCharge;
  throw invalid(
    `This PaymentIntent (${paymentIntent.id}) does not have a successful charge to refund: it is ` +
      `${paymentIntent.status}.`,
    { param: 'payment_intent' },
  );
}
