/** Giving a charge's money back, and what a refund takes back from the connected account. */
import { reverse } from '../connect/transfers';
import { change, emit } from '../events';
import { newId } from '../identifiers';
import type { Charge, Refund } from '../objects-money';
import { invalid } from '../protocol/fault';
import { accountNow } from '../world';
import type { World } from '../world';
import { disputeOf } from './disputes';
import { enter, portion } from './ledger';

export interface RefundOrder {
  amount?: number;
  reason?: string;
  metadata: Record<string, string>;
  reverseTransfer: boolean;
  refundFee: boolean;
}

export function refund(world: World, charge: Charge, order: RefundOrder): Refund {
  const remainder = assertRefundable(world, charge, order);
  const amount = order.amount ?? remainder;
  const id = newId('re');
  const newRefund: Refund = {
    id,
    object: 'refund',
    amount,
    balance_transaction: null,
    charge: charge.id,
    created: accountNow(world),
    currency: charge.currency,
    destination_details: {
      card: {
        reference_status: 'pending',
        reference_type: 'acquirer_reference_number',
        type: 'refund',
      },
      type: 'card',
    },
    metadata: order.metadata,
    payment_intent: charge.payment_intent,
    reason: order.reason ?? null,
    receipt_number: null,
    source_transfer_reversal: null,
    status: 'succeeded',
    transfer_reversal: null,
  };
  // First what may be refused: a refund is made as a whole or not at all.
  if (order.reverseTransfer)
    newRefund.transfer_reversal = takeBack(world, charge, newRefund, order);
  if (charge.captured) enterRefund(world, charge, newRefund);
  world.store.put('refund', newRefund);
  const refundedAmount = charge.amount_refunded + amount;
  const update = {
    amount_refunded: refundedAmount,
    refunded: refundedAmount === charge.amount_captured,
  };
  change(world, 'charge', charge, update, 'charge.refunded');
  for (const type of ['refund.created', 'refund.updated', 'charge.refund.updated'])
    emit(world, type, newRefund);
  return newRefund;
}

/** It is taken out of the pending balance as long as the charge's own money is there. */
function enterRefund(world: World, charge: Charge, newRefund: Refund): void {
  const incomingMovement = world.store.get('balance_transaction', charge.balance_transaction ?? '');
  const entry = enter(world, {
    owner: charge.owner,
    type: 'refund',
    amount: -newRefund.amount,
    currency: charge.currency,
    source: newRefund.id,
    description: `REFUND FOR CHARGE${charge.description ? ` (${charge.description})` : ''}`,
    availableOn: incomingMovement?.available_on,
  });
  newRefund.balance_transaction = entry.id;
}

function takeBack(
  world: World,
  charge: Charge,
  newRefund: Refund,
  order: RefundOrder,
): string | null {
  const transfer = world.store.get('transfer', charge.transfer ?? '');
  if (!transfer) return null;
  const remainder = transfer.amount - transfer.amount_reversed;
  const isRest = charge.amount_refunded + newRefund.amount === charge.amount_captured;
  const share = portion(transfer.amount, newRefund.amount, charge.amount_captured);
  const amount = isRest ? remainder : Math.min(remainder, share);
  return reverse(world, transfer, { amount, refundFee: order.refundFee, refund: newRefund.id }).id;
}

function assertRefundable(world: World, charge: Charge, order: RefundOrder): number {
  if (!charge.paid || !charge.captured) {
    throw invalid(`Charge ${charge.id} is not captured: cancel its payment intent instead.`, {
      param: 'charge',
    });
  }
  if (charge.refunded)
    throw invalid(`Charge ${charge.id} has already been refunded.`, {
      code: 'charge_already_refunded',
    });
  const dispute = disputeOf(world, charge.id);
  if (dispute && !dispute.is_charge_refundable) {
    throw invalid(`Charge ${charge.id} has been charged back; cannot issue a refund.`, {
      code: 'charge_disputed',
    });
  }
  const remainder = charge.amount_captured - charge.amount_refunded;
  if (order.amount !== undefined && (order.amount < 1 || order.amount > remainder)) {
    throw invalid(
      `Refund amount (${order.amount}) is greater than unrefunded amount on charge (${remainder}), or ` +
        'is not at least 1.',
      { param: 'amount' },
    );
  }
  assertHasDestination(charge, order);
  return remainder;
}

function assertHasDestination(charge: Charge, order: RefundOrder): void {
  if (order.reverseTransfer && charge.transfer === undefined) {
    throw invalid(`Charge ${charge.id} has no transfer of its own that could be reversed.`, {
      param: 'reverse_transfer',
    });
  }
  if (!order.refundFee) return;
  if (charge.application_fee === null) {
    throw invalid(`Charge ${charge.id} has no application fee.`, {
      param: 'refund_application_fee',
    });
  }
  if (!order.reverseTransfer) {
    throw invalid('Give back the fee of a destination charge together with reverse_transfer.', {
      param: 'refund_application_fee',
    });
  }
}
