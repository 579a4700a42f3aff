/** Whose a charge is: a dispute names the charge only. */
import type Stripe from 'stripe';
import { readCharge } from './paid-charges';
import { idOf } from './id-of';

export function createChargeReader(stripe: Stripe) {
  return async (chargeId: string): Promise<string | null> => {
    const charge = await readCharge(stripe, chargeId);
    return charge.customer === null ? null : idOf(charge.customer);
  };
}
