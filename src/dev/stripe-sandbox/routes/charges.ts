/** Charges: read, described, captured. They are made by payment intents. */
import type { Charge } from '../objects-money';
import { capture } from '../billing/intents';
import { change } from '../events';
import { invalid } from '../protocol/fault';
import { pageOf } from '../protocol/listing';
import { owned } from '../protocol/lookup';
import * as p from '../protocol/params';
import { present } from '../presentation';
import { accountRoute, route } from '../protocol/router';

const URL = '/v1/charges';

export const CHARGE_ROUTES = [
  accountRoute(
    `GET ${URL}`,
    { ...p.PAGE, customer: p.text, payment_intent: p.text, transfer_group: p.text },
    ({ world, params, account }) => {
      const { customer, payment_intent, transfer_group } = params;
      const isAsked = (one: Charge): boolean => one.owner === account;
      const values = { payment_intent, transfer_group, customer };
      return pageOf(world, 'charge', values, { url: URL, params, isAsked });
    },
  ),
  accountRoute(`GET ${URL}/:id`, {}, ({ world, path, account }) =>
    present(world, owned(world, 'charge', path.id, account)),
  ),
  accountRoute(
    `POST ${URL}/:id`,
    {
      description: p.unsettable(p.text),
      metadata: p.metadata,
      receipt_email: p.text,
      shipping: p.anything,
      transfer_group: p.filled,
    },
    ({ world, params, path, account }) => {
      const charge = owned(world, 'charge', path.id, account);
      const { metadata, transfer_group: group, ...others } = params;
      if (group !== undefined && charge.transfer_group !== null && charge.transfer_group !== group)
        throw invalid(`The transfer_group of ${charge.id} is ${charge.transfer_group} for good.`, {
          param: 'transfer_group',
        });
      const mergedMetadata = p.mergeMetadata(charge.metadata, metadata);
      const update = { ...others, transfer_group: group, metadata: mergedMetadata };
      change(world, 'charge', charge, update, 'charge.updated');
      return present(world, charge);
    },
  ),
  route(
    `POST ${URL}/:id/capture`,
    { amount: p.positive, application_fee_amount: p.positive },
    ({ world, params, path, account }) => {
      const charge = owned(world, 'charge', path.id, account);
      const intent = world.store.get('payment_intent', charge.payment_intent ?? '');
      if (charge.captured || !intent)
        throw invalid(`Charge ${charge.id} has already been captured.`, {
          code: 'charge_already_captured',
        });
      capture(world, intent, params.amount, params.application_fee_amount);
      return present(world, charge);
    },
  ),
];
