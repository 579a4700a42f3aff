/** Test clocks: create, advance within Stripe's limits, delete with everything on them. */
import { deleteClock } from '../billing/clock-end';
import { advanceClock } from '../billing/clocks';
import { addIntervals } from '../billing/calendar';
import { change, emit } from '../events';
import { newId } from '../identifiers';
import { page } from '../protocol/listing';
import { namedCustomer, stored } from '../protocol/lookup';
import { invalid, StripeFault } from '../protocol/fault';
import { filled, PAGE, positive, text } from '../protocol/params';
import { present } from '../presentation';
import { route } from '../protocol/router';
import type { Customer, TestClock } from '../objects';
import type { World } from '../world';
import { accountNow } from '../world';
import type { Shown } from '../presentation-parts';

const URL = '/v1/test_helpers/test_clocks';
/** The last second that dates are written for. */
const LAST_TIME = 253_402_300_799;
const KEPT_S = 30 * 86_400;

export const TEST_CLOCK_ROUTES = [
  route(
    `POST ${URL}`,
    { customer: filled, frozen_time: positive, name: text },
    ({ world, params }) => {
      const customer = params.customer === undefined ? null : unclocked(world, params.customer);
      const clock = newTestClock(world, params.frozen_time ?? 0, params.name ?? null);
      const update = { test_clock: String(clock.id) };
      if (customer) change(world, 'customer', customer, update, 'customer.updated');
      return clock;
    },
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
    deleteClock(world, clock);
    return { id: clock.id, object: clock.object, deleted: true };
  }),
];

export function newTestClock(world: World, frozenTime: number, name: string | null): Shown {
  if (frozenTime > LAST_TIME) {
    throw invalid(`frozen_time (${frozenTime}) must be in seconds, before the year 10000.`, {
      param: 'frozen_time',
    });
  }
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

/** A customer that can be put on a clock: Stripe moves subscriptions with it, this does not. */
function unclocked(world: World, id: string): Customer {
  const customer = namedCustomer(world, id);
  if (customer.test_clock !== null) {
    throw invalid(`Customer ${id} is on test clock ${customer.test_clock} already.`, {
      param: 'customer',
    });
  }
  const has = (kind: 'subscription' | 'invoice' | 'invoiceitem' | 'billing.credit_grant') =>
    world.store.where(kind, 'customer', id).length > 0;
  if (has('subscription') || has('invoice') || has('invoiceitem') || has('billing.credit_grant')) {
    throw invalid(
      `Customer ${id} has been billed already: the sandbox puts only a customer without ` +
        'subscriptions, invoices, invoice items and credit grants on a test clock.',
      { param: 'customer' },
    );
  }
  return customer;
}

/** Stripe's limits hold; it answers at once, while the clock is still on its way. */
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
  const presentation = present(world, clock);
  setImmediate(() => void advanceClock(world, clock, target, flush));
  return presentation;
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
    .where('subscription', 'test_clock', clock.id)
    .filter((one) => one.ended_at === null)
    .flatMap((one) => world.store.subscriptionItems(one.id))
    .flatMap((item) => world.store.get('price', item.price)?.recurring ?? [])
    .map((recurring) => addIntervals(clock.frozen_time, recurring, 2));
  const twoYears = { interval: 'year', interval_count: 1 } as const;
  return Math.min(...limits, addIntervals(clock.frozen_time, twoYears, 2));
}
