/** Money from the platform to a connected account, and back. */
import { change, emit } from '../events';
import { newId } from '../identifiers';
import { availableTo, enter, portion } from '../money/ledger';
import { chargeShape } from '../shapes/money';
import type { Charge, Transfer, TransferReversal } from '../objects-money';
import { invalid } from '../protocol/fault';
import { accountNow } from '../world';
import type { World } from '../world';
import { mayReceive } from './accounts';
import { refundApplicationFee } from './application-fees';

export interface Move {
  amount: number;
  currency: string;
  destination: string;
  /** The charge whose funds are passed on, be they pending. */
  source: Charge | null;
  transferGroup: string | null;
  isOfCharge: boolean;
  description?: string | null;
  metadata?: Record<string, string>;
}

export function assertMayReceive(world: World, destination: string, param: string): void {
  const account = world.store.get('account', destination);
  if (!account || account.deleted) {
    throw invalid(`No such destination: '${destination}'`, { code: 'resource_missing', param });
  }
  if (mayReceive(account)) return;
  throw invalid(
    'Your destination account needs to have at least one of the following capabilities enabled: ' +
      `transfers, legacy_payments. ${account.id} has transfers ` +
      `${account.capabilities.transfers ?? 'not requested'}.`,
    { code: 'insufficient_capabilities_for_transfer', param },
  );
}

/** Moves it; whether it may be moved was asked before. */
export function moveMoney(world: World, move: Move): Transfer {
  const { amount, currency, destination, source } = move;
  const id = newId('tr');
  const availableOn = fundsOn(world, source);
  const group = move.transferGroup ?? (source?.payment_intent && `group_${source.payment_intent}`);
  const payment = incomingPayment(world, move, id, availableOn);
  const transfer: Transfer = {
    id,
    object: 'transfer',
    amount,
    amount_reversed: 0,
    balance_transaction: null,
    created: accountNow(world),
    currency,
    description: move.description ?? null,
    destination,
    destination_payment: payment.id,
    livemode: false,
    metadata: move.metadata ?? {},
    reversed: false,
    source_transaction: source?.id ?? null,
    source_type: 'card',
    transfer_group: group ?? null,
    isOfCharge: move.isOfCharge,
  };
  const type = 'transfer';
  const movement = { owner: undefined, currency, source: id, availableOn };
  const entry = enter(world, { ...movement, type, amount: -amount });
  transfer.balance_transaction = entry.id;
  world.store.put('transfer', transfer);
  // A charge without a group takes that of its first transfer.
  if (source && source.transfer_group === null) {
    source.transfer_group = transfer.transfer_group;
    world.store.put('charge', source);
  }
  emit(world, 'transfer.created', transfer);
  emit(world, 'payment.created', payment);
  return transfer;
}

/** What the connected account sees of it: a payment, free of Stripe's fee. */
function incomingPayment(world: World, move: Move, transfer: string, availableOn?: number): Charge {
  const { amount, currency, destination } = move;
  const payment: Charge = {
    ...chargeShape({ id: newId('py'), amount, currency, created: accountNow(world) }),
    owner: destination,
    source_transfer: transfer,
    payment_method_details: {
      stripe_account: {},
      type: 'stripe_account',
    },
  };
  payment.balance_transaction = enter(world, {
    owner: destination,
    type: 'payment',
    amount,
    currency,
    source: payment.id,
    availableOn,
  }).id;
  return world.store.put('charge', payment);
}

function fundsOn(world: World, source: Charge | null): number | undefined {
  if (!source) return undefined;
  return world.store.get('balance_transaction', source.balance_transaction ?? '')?.available_on;
}

export interface Reversal {
  amount: number;
  metadata?: Record<string, string>;
  refundFee?: boolean;
  /** The refund of the charge that asked for it. */
  refund?: string;
  description?: string | null;
}

export function reverse(world: World, transfer: Transfer, order: Reversal): TransferReversal {
  assertReversible(world, transfer, order.amount);
  const { amount } = order;
  const { currency } = transfer;
  const payment = world.store.get('charge', transfer.destination_payment);
  const reversal: TransferReversal = {
    id: newId('trr'),
    object: 'transfer_reversal',
    amount,
    balance_transaction: null,
    created: accountNow(world),
    currency,
    destination_payment_refund: null,
    metadata: order.metadata ?? {},
    source_refund: order.refund ?? null,
    transfer: transfer.id,
  };
  const outgoingMovement = world.store.get(
    'balance_transaction',
    transfer.balance_transaction ?? '',
  );
  const availableOn = outgoingMovement?.available_on;
  const source = reversal.id;
  const movement = { owner: undefined, currency, source, availableOn };
  const entry = enter(world, { ...movement, type: 'transfer_refund', amount });
  reversal.balance_transaction = entry.id;
  if (payment) {
    const feeShare = order.refundFee ? giveFeeBack(world, payment, transfer, amount) : 0;
    const paymentRefund = takeBack(world, payment, reversal, feeShare, availableOn);
    reversal.destination_payment_refund = paymentRefund;
  }
  world.store.put('transfer_reversal', reversal);
  const reversedAmount = transfer.amount_reversed + amount;
  const update = { amount_reversed: reversedAmount, reversed: reversedAmount === transfer.amount };
  change(world, 'transfer', transfer, update, 'transfer.reversed');
  return reversal;
}

/**
 * What came by a destination charge can always be taken back, down to a balance below nothing;
 * anything else needs that much available, or still pending from this very transfer.
 */
function assertReversible(world: World, transfer: Transfer, amount: number): void {
  const remainder = transfer.amount - transfer.amount_reversed;
  if (remainder === 0) throw invalid(`Transfer ${transfer.id} is already fully reversed.`);
  if (amount < 1 || amount > remainder) {
    throw invalid(
      `Reversal amount (${amount}) must be at least 1 and at most what is left of the transfer ` +
        `(${remainder}).`,
      { param: 'amount' },
    );
  }
  if (transfer.isOfCharge) return;
  const { destination, currency } = transfer;
  const incomingMovement = world.store.get(
    'balance_transaction',
    world.store.get('charge', transfer.destination_payment)?.balance_transaction ?? '',
  );
  if (incomingMovement && incomingMovement.available_on > accountNow(world)) return;
  const availableAmount = availableTo(world, destination, currency);
  if (availableAmount >= amount) return;
  throw invalid(
    `Insufficient funds in ${destination}: ${availableAmount} ${currency} available, ${amount} to be ` +
      'reversed.',
    { code: 'balance_insufficient' },
  );
}

/** The fee's share of what is taken back, as far as the fee still is the platform's. */
function giveFeeBack(world: World, payment: Charge, transfer: Transfer, amount: number): number {
  const fee = world.store.get('application_fee', payment.application_fee ?? '');
  if (!fee) return 0;
  const isRest = amount === transfer.amount - transfer.amount_reversed;
  const remainder = fee.amount - fee.amount_refunded;
  const share = isRest
    ? remainder
    : Math.min(remainder, portion(fee.amount, amount, transfer.amount));
  if (share > 0) refundApplicationFee(world, fee, share, { withRefund: true });
  return share;
}

function takeBack(
  world: World,
  payment: Charge,
  reversal: TransferReversal,
  feeShare: number,
  availableOn: number | undefined,
): string {
  const { amount, currency } = reversal;
  const id = newId('pyr');
  const fee = {
    amount: -feeShare,
    type: 'application_fee',
    description: 'Application fee',
  } as const;
  const entry = enter(world, {
    owner: payment.owner,
    type: 'payment_refund',
    amount: -amount,
    currency,
    source: id,
    ...(feeShare > 0 && { fee }),
    availableOn,
  });
  world.store.put('refund', {
    id,
    object: 'refund',
    amount,
    balance_transaction: entry.id,
    charge: payment.id,
    created: accountNow(world),
    currency,
    metadata: {},
    owner: payment.owner,
    payment_intent: null,
    reason: null,
    receipt_number: null,
    source_transfer_reversal: reversal.id,
    status: 'succeeded',
    transfer_reversal: null,
  });
  const refundedAmount = payment.amount_refunded + amount;
  const update = { amount_refunded: refundedAmount, refunded: refundedAmount === payment.amount };
  change(world, 'charge', payment, update, 'charge.refunded');
  return id;
}
