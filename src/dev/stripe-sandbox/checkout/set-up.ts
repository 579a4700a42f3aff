/** A card that is kept for later: the setup intent that says so. */
import { newSetupIntent } from '../billing/setups';
import { emit } from '../events';
import type { Customer, PaymentMethod, StripeObject } from '../objects';
import type { World } from '../world';

export function setUp(world: World, customer: Customer, method: PaymentMethod): StripeObject {
  const setup = newSetupIntent(world, customer.id);
  world.store.put('setup_intent', setup);
  emit(world, 'setup_intent.created', setup);
  Object.assign(setup, { status: 'succeeded', payment_method: method.id });
  world.store.put('setup_intent', setup);
  emit(world, 'setup_intent.succeeded', setup);
  return setup;
}
