/** The platform's share of a payment, taken from the connected account's, and given back. */
import { change, emit } from '../events';
import { newId } from '../identifiers';
import { enter } from '../money/ledger';
import type { ApplicationFee, Charge, FeeRefund } from '../objects-money';
import { invalid } from '../protocol/fault';
import { accountNow } from '../world';
import type { World } from '../world';

/** `payment` is the connected account's; what it brought in is less by the fee. */
export function takeApplicationFee(
  world: World,
  payment: Charge,
  origin: Charge,
  amount: number,
): ApplicationFee {
  const { currency } = payment;
  const incomingMovement = world.store.get(
    'balance_transaction',
    payment.balance_transaction ?? '',
  );
  const fee: ApplicationFee = {
    id: newId('fee'),
    object: 'application_fee',
    account: payment.owner ?? '',
    amount,
    amount_refunded: 0,
    application: 'ca_sandbox',
    balance_transaction: null,
    charge: payment.id,
    created: accountNow(world),
    currency,
    fee_source: { charge: payment.id, type: 'charge' },
    livemode: false,
    originating_transaction: origin.id,
    refunded: false,
  };
  if (incomingMovement) {
    const feeDetail = { amount, type: 'application_fee', description: 'Application fee' };
    const details = [{ application: fee.application, currency, ...feeDetail }];
    const netAmount = incomingMovement.net - amount;
    Object.assign(incomingMovement, {
      fee: incomingMovement.fee + amount,
      fee_details: details,
      net: netAmount,
    });
    world.store.put('balance_transaction', incomingMovement);
  }
  fee.balance_transaction = enter(world, {
    owner: undefined,
    type: 'application_fee',
    amount,
    currency,
    source: fee.id,
    availableOn: incomingMovement?.available_on,
  }).id;
  world.store.put('application_fee', fee);
  payment.application_fee = fee.id;
  payment.application_fee_amount = amount;
  world.store.put('charge', payment);
  emit(world, 'application_fee.created', fee);
  return fee;
}

/**
 * Gives back a part. `withRefund` says that the connected account gets it within the refund of its
 * payment, as less to give back; else it gets a movement of its own.
 */
export function refundApplicationFee(
  world: World,
  fee: ApplicationFee,
  amount: number,
  options: { metadata?: Record<string, string>; withRefund: boolean },
): FeeRefund {
  const remainder = fee.amount - fee.amount_refunded;
  if (amount < 1 || amount > remainder) {
    throw invalid(
      `Refund amount (${amount}) is greater than the unrefunded amount on the application fee ` +
        `(${remainder}), or is not at least 1.`,
      { param: 'amount' },
    );
  }
  const { currency } = fee;
  const availableOn = world.store.get(
    'balance_transaction',
    fee.balance_transaction ?? '',
  )?.available_on;
  const refund: FeeRefund = {
    id: newId('fr'),
    object: 'fee_refund',
    amount,
    balance_transaction: null,
    created: accountNow(world),
    currency,
    fee: fee.id,
    metadata: options.metadata ?? {},
  };
  const source = refund.id;
  const type = 'application_fee_refund';
  const movement = { currency, source, availableOn };
  const entry = enter(world, { ...movement, owner: undefined, type, amount: -amount });
  refund.balance_transaction = entry.id;
  if (!options.withRefund)
    enter(world, {
      ...movement,
      owner: fee.account,
      type: 'adjustment',
      amount,
      category: 'fee',
      description: `Application fee refund for ${fee.charge}`,
    });
  world.store.put('fee_refund', refund);
  const refundedAmount = fee.amount_refunded + amount;
  const update = { amount_refunded: refundedAmount, refunded: refundedAmount === fee.amount };
  change(world, 'application_fee', fee, update, 'application_fee.refunded');
  return refund;
}
