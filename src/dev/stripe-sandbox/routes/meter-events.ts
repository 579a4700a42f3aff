/** Meter events: whole numbers, deduplicated, within the window of the customer's clock. */
import { setTimeout as sleep } from 'node:timers/promises';
import { meterSettings } from '../billing/meter-settings';
import { readReport, shown, takeReport, tellLater } from '../billing/meter-reports';
import type { MeterReport } from '../billing/meter-reports';
import { newId } from '../identifiers';
import { invalid, StripeFault } from '../protocol/fault';
import * as p from '../protocol/params';
import { present } from '../presentation';
import { route } from '../protocol/router';
import type { World } from '../world';

const MAX_IDENTIFIER = 100;
/** What a call takes at least, so that calls that overlap for their senders overlap here. */
const PROCESSING_MS = 1;

export const METER_EVENT_ROUTES = [
  route(
    'POST /v1/billing/meter_events',
    {
      event_name: p.filled,
      identifier: p.filled,
      payload: p.map,
      timestamp: p.integer,
    },
    async ({ world, params }) => {
      countCall(world);
      const { event_name = '', payload = {}, timestamp } = params;
      const identifier = params.identifier ?? newId('mtrev');
      const report = { event_name, identifier, payload, timestamp };
      assertIdentifier(identifier);
      try {
        return await take(world, report);
      } catch (error) {
        if (meterSettings(world).validation === 'at_once') throw error;
        tellLater(world, report, error);
        return shown(world, report);
      }
    },
    ['event_name', 'payload'],
  ),
];

async function take(world: World, report: MeterReport): Promise<unknown> {
  const reading = readReport(world, report);
  return oneAtATime(world, `${reading.meter.id}:${reading.customer}`, async () => {
    await sleep(PROCESSING_MS);
    return present(world, takeReport(world, report, reading));
  });
}

export function assertIdentifier(identifier: string): void {
  if (identifier.length <= MAX_IDENTIFIER) return;
  throw invalid(
    `An identifier has at most ${MAX_IDENTIFIER} characters; this one has ${identifier.length}.`,
    { param: 'identifier' },
  );
}

/** The machine's own time counts: a limit is about load, not about what a test calls now. */
export function countCall(world: World): void {
  const { meterCalls } = world.traffic;
  const second = Math.floor(Date.now() / 1000);
  if (meterCalls.second !== second) Object.assign(meterCalls, { second, count: 0 });
  meterCalls.count += 1;
  const { callsPerSecond } = meterSettings(world);
  if (meterCalls.count <= callsPerSecond) return;
  throw new StripeFault(429, {
    type: 'invalid_request_error',
    code: 'rate_limit',
    message:
      'Request rate limit exceeded. Learn more about rate limits here ' +
      `https://stripe.com/docs/rate-limits. (${callsPerSecond} meter events a second)`,
  });
}

async function oneAtATime<T>(world: World, key: string, run: () => Promise<T>): Promise<T> {
  const { busy } = world.traffic;
  if (busy.has(key)) {
    throw new StripeFault(429, {
      type: 'invalid_request_error',
      code: 'lock_timeout',
      message:
        'This object cannot be accessed right now because another API request or Stripe process ' +
        'is currently accessing it. Meter events are taken one at a time per customer and meter.',
    });
  }
  busy.add(key);
  try {
    return await run();
  } finally {
    busy.delete(key);
  }
}
