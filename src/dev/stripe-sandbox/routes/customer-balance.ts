/** The movements of a customer's balance: listed, and adjusted by hand. */
import { moveBalance } from '../billing/customer-balance';
import type { StripeObject } from '../objects';
import { invalid, missing } from '../protocol/fault';
import { pageOf } from '../protocol/listing';
import { stored } from '../protocol/lookup';
import * as p from '../protocol/params';
import { present } from '../presentation';
import { route } from '../protocol/router';
import type { World } from '../world';

const URL = '/v1/customers/:customer/balance_transactions';

export const CUSTOMER_BALANCE_ROUTES = [
  route(
    `POST ${URL}`,
    {
      amount: p.integer,
      currency: p.filled,
      description: p.unsettable(p.text),
      metadata: p.metadata,
    },
    ({ world, params, path }) => {
      const customer = stored(world, 'customer', path.customer);
      const { amount = 0, currency = '' } = params;
      if (customer.deleted) throw missing('customer', customer.id, 'customer');
      if (customer.currency !== null && customer.currency !== currency) {
        throw invalid(
          `The customer ${customer.id} is billed in ${customer.currency}: a balance has one ` +
            `currency, got ${currency}.`,
          { param: 'currency' },
        );
      }
      const transaction = moveBalance(world, customer, {
        amount,
        currency,
        type: 'adjustment',
        description: params.description,
        metadata: p.mergeMetadata({}, params.metadata),
      });
      return present(world, transaction);
    },
    ['amount', 'currency'],
  ),
  route(`GET ${URL}`, { ...p.PAGE, invoice: p.filled }, ({ world, params, path }) => {
    const customer = stored(world, 'customer', path.customer);
    const values = { customer: customer.id, invoice: params.invoice };
    const url = `/v1/customers/${customer.id}/balance_transactions`;
    return pageOf(world, 'customer_balance_transaction', values, { url, params });
  }),
  route(`GET ${URL}/:transaction`, {}, ({ world, path }) => present(world, ofPath(world, path))),
  route(
    `POST ${URL}/:transaction`,
    { description: p.unsettable(p.text), metadata: p.metadata },
    ({ world, params, path }) => {
      const transaction = ofPath(world, path);
      const metadata = transaction.metadata as Record<string, string>;
      transaction.metadata = p.mergeMetadata(metadata, params.metadata);
      if (params.description !== undefined) transaction.description = params.description;
      return present(world, world.store.put('customer_balance_transaction', transaction));
    },
  ),
];

function ofPath(world: World, path: Record<string, string>): StripeObject {
  const movement = stored(world, 'customer_balance_transaction', path.transaction);
  if (movement.customer === path.customer) return movement;
  throw missing('customer_balance_transaction', String(path.transaction), 'transaction');
}
