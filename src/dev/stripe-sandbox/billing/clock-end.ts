/** The end of a test clock: by hand or after 30 days; everything on it goes with it. */
import { emit } from '../events';
import type { TestClock } from '../objects';
import { deleteCustomer } from '../routes/customers';
import type { World } from '../world';
import { accountNow } from '../world';

export function deleteClock(world: World, clock: TestClock): void {
  for (const customer of world.store.where('customer', 'test_clock', clock.id))
    if (!customer.deleted) deleteCustomer(world, customer);
  world.store.remove('test_helpers.test_clock', clock.id);
  emit(world, 'test_helpers.test_clock.deleted', clock);
}

/** A clock's age is real time: its own time may be years ahead. */
export function deleteOldClocks(world: World): void {
  const now = accountNow(world);
  for (const clock of world.store.all('test_helpers.test_clock'))
    if (Number(clock.deletes_after) <= now) deleteClock(world, clock);
}
