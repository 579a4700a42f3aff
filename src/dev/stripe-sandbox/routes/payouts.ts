/** Payouts of the platform and of connected accounts; money put in by a top-up. */
import { cancelPayout, payOut } from '../money/payouts';
import { enter } from '../money/ledger';
import { change, emit } from '../events';
import { newId } from '../identifiers';
import { invalid } from '../protocol/fault';
import { page } from '../protocol/listing';
import { allOf, owned, stored } from '../protocol/lookup';
import * as p from '../protocol/params';
import { present } from '../presentation';
import { accountRoute, route } from '../protocol/router';
import { accountNow } from '../world';
import { asCurrency } from './intent-fields';

const URL = '/v1/payouts';
const TOPUPS = '/v1/topups';

export function assertPositive(amount: number | undefined): number {
  if (amount !== undefined && amount > 0) return amount;
  throw invalid(`Invalid amount: ${amount}. Expected an integer of at least 1.`, {
    code: 'parameter_invalid_integer',
    param: 'amount',
  });
}

export const PAYOUT_ROUTES = [
  accountRoute(
    `POST ${URL}`,
    {
      amount: p.positive,
      currency: p.filled,
      description: p.unsettable(p.text),
      destination: p.filled,
      metadata: p.metadata,
      method: p.oneOf('instant', 'standard'),
      source_type: p.oneOf('card'),
      statement_descriptor: p.text,
    },
    ({ world, params, account }) => {
      const payout = payOut(world, account, {
        amount: assertPositive(params.amount),
        currency: asCurrency(String(params.currency)),
        destination: params.destination,
        description: params.description,
        method: params.method ?? 'standard',
        metadata: p.mergeMetadata({}, params.metadata),
        statementDescriptor: params.statement_descriptor,
      });
      return present(world, payout);
    },
    ['amount', 'currency'],
  ),
  accountRoute(
    `GET ${URL}`,
    { ...p.PAGE, arrival_date: p.created, destination: p.text, status: p.text },
    ({ world, params, account }) => {
      const { arrival_date: arrival, destination, status } = params;
      const payouts = allOf(world, 'payout', account)
        .filter((one) => status === undefined || one.status === status)
        .filter((one) => destination === undefined || one.destination === destination)
        .filter(
          ({ arrival_date: time }) =>
            time >= (arrival?.gte ?? time) && time <= (arrival?.lte ?? time),
        )
        .filter(
          ({ arrival_date: time }) =>
            time > (arrival?.gt ?? -1) && time < (arrival?.lt ?? time + 1),
        );
      return page(URL, payouts, params, (one) => present(world, one));
    },
  ),
  accountRoute(`GET ${URL}/:id`, {}, ({ world, path, account }) =>
    present(world, owned(world, 'payout', path.id, account)),
  ),
  accountRoute(`POST ${URL}/:id`, { metadata: p.metadata }, ({ world, params, path, account }) => {
    const payout = owned(world, 'payout', path.id, account);
    const metadata = p.mergeMetadata(payout.metadata, params.metadata);
    change(world, 'payout', payout, { metadata }, 'payout.updated');
    return present(world, payout);
  }),
  accountRoute(`POST ${URL}/:id/cancel`, {}, ({ world, path, account }) => {
    const payout = owned(world, 'payout', path.id, account);
    cancelPayout(world, payout);
    return present(world, payout);
  }),
];

export const TOPUP_ROUTES = [
  route(
    `POST ${TOPUPS}`,
    {
      amount: p.positive,
      currency: p.filled,
      description: p.unsettable(p.text),
      metadata: p.metadata,
      statement_descriptor: p.text,
      transfer_group: p.text,
    },
    ({ world, params }) => {
      const amount = assertPositive(params.amount);
      const currency = asCurrency(String(params.currency));
      const id = newId('tu');
      const now = accountNow(world);
      // Real money takes days; that of Stripe's test mode is there at once.
      const movement = { owner: undefined, type: 'topup', amount, currency, source: id };
      const topup = world.store.put('topup', {
        id,
        object: 'topup',
        amount,
        balance_transaction: enter(world, movement).id,
        created: now,
        currency,
        description: params.description ?? null,
        expected_availability_date: now,
        failure_code: null,
        failure_message: null,
        livemode: false,
        metadata: p.mergeMetadata({}, params.metadata),
        source: null,
        statement_descriptor: params.statement_descriptor ?? null,
        status: 'succeeded',
        transfer_group: params.transfer_group ?? null,
      });
      emit(world, 'topup.created', topup);
      emit(world, 'topup.succeeded', topup);
      return present(world, topup);
    },
    ['amount', 'currency'],
  ),
  route(`GET ${TOPUPS}`, p.PAGE, ({ world, params }) =>
    page(TOPUPS, world.store.all('topup'), params, (one) => present(world, one)),
  ),
  route(`GET ${TOPUPS}/:id`, {}, ({ world, path }) =>
    present(world, stored(world, 'topup', path.id)),
  ),
];
