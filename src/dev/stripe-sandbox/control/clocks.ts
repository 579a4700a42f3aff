/** Test clocks at the press of a button: by an hour, a day, to the period's end, to a time. */
import { newTestClock, startAdvance } from '../routes/test-clocks';
import { nextPeriodEnd } from '../page/due';
import type { OrderCheck } from './order';
import { aText, checkOrder, oneOfThese, orElse, wholeFrom } from './order';
import { controlRoute, refuseOrder } from './route';
import type { Control } from './route';

const BY = { hour: 3600, day: 86_400 };

/** Seconds, or a date and time in UTC. */
const aTime: OrderCheck<number> = orElse(wholeFrom(0), (value, name) => {
  const text = aText(value, name);
  if (/^\d+$/.test(text)) return Number(text);
  const ms = Date.parse(/Z$|[+-]\d\d:\d\d$/.test(text) ? text : `${text}Z`);
  if (!Number.isNaN(ms)) return Math.floor(ms / 1000);
  throw refuseOrder(
    `${name} is ${text}: expected seconds or a date such as 2026-01-15T12:00.`,
    name,
  );
});

export const CLOCK_CONTROLS = [
  controlRoute('POST /_sandbox/clocks', ({ world }, order) => {
    const terms = checkOrder(order, { frozen_time: aTime, name: aText }, ['frozen_time']);
    return newTestClock(world, terms.frozen_time ?? 0, terms.name ?? null);
  }),
  controlRoute('POST /_sandbox/clocks/advance', advance),
];

function advance({ world, flush }: Control, order: Record<string, unknown>): unknown {
  const checks = { clock: aText, by: oneOfThese('hour', 'day', 'period_end'), to: aTime };
  const { clock: id = '', by, to } = checkOrder(order, checks, ['clock']);
  const clock = world.store.get('test_helpers.test_clock', id);
  if (!clock) throw refuseOrder(`No such test clock: ${id}.`, 'clock');
  if ((by === undefined) === (to === undefined))
    throw refuseOrder('An advance is either by hour, day or period_end, or to a time.', 'by');
  if (to !== undefined) return startAdvance(world, clock, to, flush);
  if (by === 'hour' || by === 'day')
    return startAdvance(world, clock, clock.frozen_time + BY[by], flush);
  const end = nextPeriodEnd(world, id, clock.frozen_time);
  if (end === null) throw refuseOrder(`No subscription on ${id} has a period to end.`, 'by');
  return startAdvance(world, clock, end, flush);
}
