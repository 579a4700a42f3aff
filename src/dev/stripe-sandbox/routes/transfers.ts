/** Transfers to connected accounts, and their reversals. */
import { assertMayReceive, moveMoney, reverse } from '../connect/transfers';
import { availableTo } from '../money/ledger';
import { change } from '../events';
import type { Charge } from '../objects-money';
import { invalid, missing, missingParam } from '../protocol/fault';
import { pageOf } from '../protocol/listing';
import { named, stored } from '../protocol/lookup';
import * as p from '../protocol/params';
import { present } from '../presentation';
import { route } from '../protocol/router';
import type { World } from '../world';
import { asCurrency } from './intent-fields';
import { assertPositive } from './payouts';

const URL = '/v1/transfers';

export const TRANSFER_ROUTES = [
  route(
    `POST ${URL}`,
    {
      amount: p.positive,
      currency: p.filled,
      description: p.unsettable(p.text),
      destination: p.filled,
      metadata: p.metadata,
      source_transaction: p.filled,
      source_type: p.oneOf('card'),
      transfer_group: p.filled,
    },
    ({ world, params }) => {
      const { destination = '', source_transaction: sourceId, transfer_group: group } = params;
      const currency = asCurrency(String(params.currency));
      assertMayReceive(world, destination, 'destination');
      const source = sourceId === undefined ? null : sourceOf(world, sourceId);
      const amount = assertPositive(params.amount);
      if (source) assertWithin(world, source, amount, currency, group);
      else assertAvailable(world, amount, currency);
      const transfer = moveMoney(world, {
        amount,
        currency,
        destination,
        source,
        transferGroup: group ?? source?.transfer_group ?? null,
        isOfCharge: false,
        description: params.description,
        metadata: p.mergeMetadata({}, params.metadata),
      });
      return present(world, transfer);
    },
    ['amount', 'currency', 'destination'],
  ),
  route(
    `GET ${URL}`,
    { ...p.PAGE, destination: p.text, transfer_group: p.text },
    ({ world, params }) => {
      const { destination, transfer_group } = params;
      const values = { transfer_group, destination };
      return pageOf(world, 'transfer', values, { url: URL, params });
    },
  ),
  route(`GET ${URL}/:id`, {}, ({ world, path }) =>
    present(world, stored(world, 'transfer', path.id)),
  ),
  route(
    `POST ${URL}/:id`,
    { description: p.unsettable(p.text), metadata: p.metadata },
    ({ world, params, path }) => {
      const transfer = stored(world, 'transfer', path.id);
      const metadata = p.mergeMetadata(transfer.metadata, params.metadata);
      const update = { description: params.description, metadata };
      change(world, 'transfer', transfer, update, 'transfer.updated');
      return present(world, transfer);
    },
  ),
  route(
    `POST ${URL}/:id/reversals`,
    {
      amount: p.positive,
      description: p.unsettable(p.text),
      metadata: p.metadata,
      refund_application_fee: p.bool,
    },
    ({ world, params, path }) => {
      const transfer = stored(world, 'transfer', path.id);
      const reversal = reverse(world, transfer, {
        amount: params.amount ?? transfer.amount - transfer.amount_reversed,
        metadata: p.mergeMetadata({}, params.metadata),
        refundFee: params.refund_application_fee ?? false,
      });
      return present(world, reversal);
    },
  ),
  route(`GET ${URL}/:id/reversals`, p.PAGE, ({ world, params, path }) => {
    const { id } = stored(world, 'transfer', path.id);
    const url = `${URL}/${id}/reversals`;
    return pageOf(world, 'transfer_reversal', { transfer: id }, { url, params });
  }),
  route(`GET ${URL}/:id/reversals/:reversal`, {}, ({ world, path }) =>
    present(world, reversalOf(world, path)),
  ),
  route(
    `POST ${URL}/:id/reversals/:reversal`,
    { metadata: p.metadata },
    ({ world, params, path }) => {
      const reversal = reversalOf(world, path);
      reversal.metadata = p.mergeMetadata(reversal.metadata, params.metadata);
      return present(world, world.store.put('transfer_reversal', reversal));
    },
  ),
];

function reversalOf(world: World, path: Record<string, string>) {
  const reversal = stored(world, 'transfer_reversal', path.reversal);
  if (reversal.transfer === path.id) return reversal;
  throw missing('transfer_reversal', reversal.id);
}

function sourceOf(world: World, id: string): Charge {
  const charge = named(world, 'charge', id, 'source_transaction');
  if (charge.owner !== undefined) throw missingParam('charge', id, 'source_transaction');
  if (charge.status === 'succeeded' && charge.captured) return charge;
  throw invalid(`Cannot use ${id} as a source_transaction: it is not a captured charge.`, {
    param: 'source_transaction',
  });
}

/** All transfers from one charge together must not be more than it. */
function assertWithin(
  world: World,
  source: Charge,
  amount: number,
  currency: string,
  group: string | undefined,
): void {
  if (source.currency !== currency) {
    throw invalid(
      `The currency of source_transaction's balance transaction (${source.currency}) must be the ` +
        `same as the transfer currency (${currency}).`,
      { param: 'currency' },
    );
  }
  if (group !== undefined && source.transfer_group !== null && source.transfer_group !== group) {
    throw invalid(
      `The transfer_group of the source_transaction is ${source.transfer_group}, not ${group}.`,
      { param: 'transfer_group' },
    );
  }
  const movedAmount = world.store
    .where('transfer', 'source_transaction', source.id)
    .reduce((sum, one) => sum + one.amount, 0);
  const remainder = source.amount_captured - movedAmount;
  if (amount <= remainder) return;
  throw invalid(
    `Cannot transfer ${amount} from ${source.id}: of its ${source.amount_captured}, ${remainder} are ` +
      'left to be transferred.',
    { param: 'amount' },
  );
}

function assertAvailable(world: World, amount: number, currency: string): void {
  const availableAmount = availableTo(world, undefined, currency);
  if (amount <= availableAmount) return;
  throw invalid(
    `You have insufficient available funds in your Stripe account: ${availableAmount} ${currency} ` +
      `available, ${amount} to be transferred. pm_card_bypassPending adds to the available ` +
      'balance; source_transaction passes on what is still pending.',
    { code: 'balance_insufficient' },
  );
}
