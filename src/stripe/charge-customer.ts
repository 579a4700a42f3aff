/** Whose a charge is: a dispute names the charge only. */
import type Stripe from 'stripe';
import { assertObject } from './client';
import { idOf } from './invoice-snapshot';

export function createChargeReader(stripe: Stripe) {
  return async (chargeId: string): Promise<string | null> => {
    const charge = await stripe.charges.retrieve(chargeId);
    assertObject(charge, 'charge');
    return charge.customer === null ? null : idOf(charge.customer);
  };
}
