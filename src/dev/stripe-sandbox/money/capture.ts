/** A charge whose money is taken: its balance transaction, its fee, what its destination gets. */
import type { CardBehaviour } from '../billing/cards';
import { takeApplicationFee } from '../connect/application-fees';
import { moveMoney } from '../connect/transfers';
import type { StripeObject } from '../objects';
import type { Charge } from '../objects-money';
import { accountNow } from '../world';
import type { World } from '../world';
import { cardFundsOn, enter, processingFee } from './ledger';

export function behaviourOf(world: World, methodId: string | null): CardBehaviour | undefined {
  return world.store.get('card_behaviour', methodId ?? '') as
    (StripeObject & CardBehaviour) | undefined;
}

/** `charge` is captured in full or in part, and stored by its caller. */
export function takeMoney(world: World, charge: Charge): void {
  const isAtOnce = behaviourOf(world, charge.payment_method)?.isAvailableAtOnce === true;
  const availableOn = isAtOnce ? accountNow(world) : cardFundsOn(world);
  const entry = enter(world, {
    owner: charge.owner,
    type: 'charge',
    amount: charge.amount_captured,
    currency: charge.currency,
    source: charge.id,
    description: charge.description,
    fee: processingFee(charge.amount_captured),
    availableOn,
  });
  charge.balance_transaction = entry.id;
  world.store.put('charge', charge);
  if (charge.transfer_data) passOn(world, charge, charge.transfer_data.destination);
}

/** A destination charge: all of it goes to the account, and the fee comes back from there. */
function passOn(world: World, charge: Charge, destination: string): void {
  const { amount } = charge.transfer_data ?? {};
  const transfer = moveMoney(world, {
    amount: Math.min(amount ?? charge.amount_captured, charge.amount_captured),
    currency: charge.currency,
    destination,
    source: charge,
    transferGroup: charge.transfer_group,
    isOfCharge: true,
  });
  charge.transfer = transfer.id;
  world.store.put('charge', charge);
  if (!charge.application_fee_amount) return;
  const payment = world.store.get('charge', transfer.destination_payment);
  if (!payment) return;
  // The fee can be no more than the part that was captured.
  const feeAmount = Math.min(charge.application_fee_amount, charge.amount_captured);
  const fee = takeApplicationFee(world, payment, charge, feeAmount);
  charge.application_fee = fee.id;
  world.store.put('charge', charge);
}
