/** Test clocks: create, advance within Stripe's limits, delete with everything on them. */
import { advanceClock } from '../billing/clocks';
import { addIntervals } from '../billing/calendar';
import { change, emit } from '../events';
import { newId } from '../identifiers';
import { deleteCustomer } from './customers';
import { page } from '../protocol/listing';
import { stored } from '../protocol/lookup';
import { invalid, StripeFault } from '../protocol/fault';
import { PAGE, positive, text } from '../protocol/params';
import { present } from '../presentation';
import type { Shown } from '../presentation';
import { route } from '../protocol/router';
import type { TestClock } from '../objects';
import type { World } from '../world';
import { accountNow } from '../world';

const URL = '/v1/test_helpers/test_clocks';
const KEPT_S = 30 * 86_400;

export const TEST_CLOCK_ROUTES = [
  route(
    `POST ${URL}`,
    { frozen_time: positive, name: text },
    ({ world, params }) => newTestClock(world, params.frozen_time ?? 0, params.name ?? null),
    ['frozen_time'],
  ),
  route(`GET ${URL}`, PAGE, ({ world, params }) =>
    page(URL, world.store.all('test_helpers.test_clock'), params, (one) => present(world, one)),
  ),
  route(`GET ${URL}/:id`, {}, ({ world, path }) =>
    present(world, stored(world, 'test_helpers.test_clock', path.id)),
  ),
  route(
    `POST ${URL}/:id/advance`,
    { frozen_time: positive },
    ({ world, params, path, flush }) => {
      const clock = stored(world, 'test_helpers.test_clock', path.id);
      return startAdvance(world, clock, params.frozen_time ?? 0, flush);
    },
    ['frozen_time'],
  ),
  route(`DELETE ${URL}/:id`, {}, ({ world, path }) => {
    const clock = stored(world, 'test_helpers.test_clock', path.id);
    for (const customer of world.store.all('customer'))
      if (customer.test_clock === clock.id && !customer.deleted) deleteCustomer(world, customer);
    world.store.remove('test_helpers.test_clock', clock.id);
    emit(world, 'test_helpers.test_clock.deleted', clock);
    return { id: clock.id, object: clock.object, deleted: true };
  }),
];

export function newTestClock(world: World, frozenTime: number, name: string | null): Shown {
  const clock: TestClock = {
    id: newId('clock'),
    object: 'test_helpers.test_clock',
    created: accountNow(world),
    deletes_after: accountNow(world) + KEPT_S,
    frozen_time: frozenTime,
    livemode: false,
    name,
    status: 'ready',
    status_details: {},
  };
  world.store.put('test_helpers.test_clock', clock);
  emit(world, 'test_helpers.test_clock.created', clock);
  return present(world, clock);
}

/** Within Stripe's limits; answered at once, while the clock is still on its way. */
export function startAdvance(
  world: World,
  clock: TestClock,
  target: number,
  flush: () => void,
): Shown {
  assertAdvance(world, clock, target);
  const status_details = { advancing: { target_frozen_time: target } };
  const update = { status: 'advancing' as const, status_details };
  const kind = 'test_helpers.test_clock';
  change(world, kind, clock, update, 'test_helpers.test_clock.advancing');
  const shown = present(world, clock);
  setImmediate(() => void advanceClock(world, clock, target, flush));
  return shown;
}

function assertAdvance(world: World, clock: TestClock, target: number): void {
  if (clock.status !== 'ready') {
    throw new StripeFault(429, {
      type: 'invalid_request_error',
      code: 'test_clock_advancing',
      message: `Test clock ${clock.id} is ${clock.status}: wait until it is ready.`,
    });
  }
  if (target <= clock.frozen_time) {
    throw invalid(`Test clocks only move forward: ${target} is not after ${clock.frozen_time}.`, {
      param: 'frozen_time',
    });
  }
  const limit = farthest(world, clock);
  if (target > limit) {
    throw invalid(
      `Cannot advance a test clock by more than two intervals of its shortest subscription (two ` +
        `years without one) at a time: ${target} is after ${limit}.`,
      { param: 'frozen_time' },
    );
  }
}

function farthest(world: World, clock: TestClock): number {
  const limits = world.store
    .all('subscription')
    .filter((one) => one.test_clock === clock.id && one.ended_at === null)
    .flatMap((one) => world.store.subscriptionItems(one.id))
    .flatMap((item) => world.store.get('price', item.price)?.recurring ?? [])
    .map((recurring) => addIntervals(clock.frozen_time, recurring, 2));
  const twoYears = { interval: 'year', interval_count: 1 } as const;
  return Math.min(...limits, addIntervals(clock.frozen_time, twoYears, 2));
}
