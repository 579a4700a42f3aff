/** Meter events: whole numbers, deduplicated, within the window of the customer's clock. */
import { setTimeout as sleep } from 'node:timers/promises';
import { noteMeterError } from '../billing/meter-errors';
import { meterSettings } from '../billing/meter-settings';
import { newId } from '../identifiers';
import type { Meter, Usage } from '../objects-meter';
import { invalid, StripeFault } from '../protocol/fault';
import * as p from '../protocol/params';
import { present } from '../presentation';
import { route } from '../protocol/router';
import { accountNow, customerNow } from '../world';
import type { World } from '../world';

const PAST_S = 35 * 86_400;
const FUTURE_S = 5 * 60;
const MAX_DIGITS = 15;
const MAX_IDENTIFIER = 100;
const DEDUPED_FOR_MS = 24 * 3600 * 1000;
/** What a call takes at least, so that calls that overlap for their senders overlap here. */
const PROCESSING_MS = 1;

interface Asked {
  event_name: string;
  identifier: string;
  payload: Record<string, string>;
  timestamp: number | undefined;
}

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
        return laterOr(world, report, error);
      }
    },
    ['event_name', 'payload'],
  ),
];

async function take(world: World, report: Asked): Promise<unknown> {
  const { event_name, identifier, payload } = report;
  const meter = activeMeter(world, event_name);
  const { customer: customerId, value } = readPayload(meter, payload);
  return oneAtATime(world, `${meter.id}:${customerId}`, async () => {
    await sleep(PROCESSING_MS);
    const customer = world.store.get('customer', customerId);
    const now = customer ? customerNow(world, customer) : accountNow(world);
    const timestamp = report.timestamp ?? now;
    assertTimestamp(timestamp, now);
    assertNew(world, identifier);
    const usage: Usage = {
      ...shown(world, report, timestamp),
      id: newId('mtrevt'),
      meter: meter.id,
      customer: customerId,
      value,
      receivedAtMs: world.settings.realNowMs(),
    };
    if (customer && !customer.deleted) world.store.put('billing.meter_event', usage);
    else {
      noteMeterError(world, {
        code: 'meter_event_customer_not_found',
        message: `No customer was found for ${customerId}.`,
        meter: meter.id,
        customer: customerId,
        identifier,
      });
    }
    return present(world, usage);
  });
}

function shown(world: World, report: Asked, timestamp: number) {
  return {
    object: 'billing.meter_event' as const,
    created: accountNow(world),
    event_name: report.event_name,
    identifier: report.identifier,
    livemode: false,
    payload: { ...report.payload },
    timestamp,
  };
}

/** What Stripe's streams find out only after they have answered; when ordered, so does this. */
const REPORTABLE: ReadonlySet<string> = new Set([
  'archived_meter',
  'meter_event_invalid_value',
  'meter_event_no_customer_defined',
  'meter_event_value_too_many_digits',
  'no_meter',
  'timestamp_in_future',
  'timestamp_too_far_in_past',
]);

function laterOr(world: World, report: Asked, error: unknown): unknown {
  const code = error instanceof StripeFault ? error.body.code : undefined;
  const isLater = meterSettings(world).validation === 'later';
  if (!isLater || code === undefined || !REPORTABLE.has(code)) throw error;
  const meter = meterOf(world, report.event_name);
  noteMeterError(world, {
    code,
    message: (error as StripeFault).message,
    meter: meter?.id ?? null,
    customer: report.payload[meter?.customer_mapping.event_payload_key ?? ''] ?? null,
    identifier: report.identifier,
  });
  return shown(world, report, report.timestamp ?? accountNow(world));
}

function meterOf(world: World, eventName: string): Meter | undefined {
  return world.store.all('billing.meter').find((one) => one.event_name === eventName);
}

function activeMeter(world: World, eventName: string): Meter {
  const meter = meterOf(world, eventName);
  if (meter?.status === 'active') return meter;
  throw invalid(
    meter
      ? `The meter with event name '${eventName}' is inactive and takes no events.`
      : `No active meter found for event name '${eventName}'.`,
    { code: meter ? 'archived_meter' : 'no_meter', param: 'event_name' },
  );
}

function readPayload(meter: Meter, payload: Record<string, string>) {
  const customerKey = meter.customer_mapping.event_payload_key;
  const customer = payload[customerKey];
  if (!customer) {
    throw invalid(`The payload has no '${customerKey}'.`, {
      code: 'meter_event_no_customer_defined',
      param: `payload[${customerKey}]`,
    });
  }
  if (meter.default_aggregation.formula === 'count') return { customer, value: 1 };
  const valueKey = meter.value_settings.event_payload_key;
  return { customer, value: wholeNumber(payload[valueKey], `payload[${valueKey}]`) };
}

function wholeNumber(value: string | undefined, param: string): number {
  if (value === undefined || !/^-?\d+$/.test(value)) {
    throw invalid(
      `Invalid value '${value ?? ''}' in ${param}: meter events only accept whole number values.`,
      { code: 'meter_event_invalid_value', param },
    );
  }
  if (value.replace(/^-?0*/, '').length > MAX_DIGITS) {
    throw invalid(`The value in ${param} has more than ${MAX_DIGITS} significant digits.`, {
      code: 'meter_event_value_too_many_digits',
      param,
    });
  }
  return Number(value);
}

function assertTimestamp(timestamp: number, now: number): void {
  if (timestamp > now + FUTURE_S) {
    throw invalid(
      `The timestamp ${timestamp} is more than 5 minutes in the future (now: ${now}).`,
      { code: 'timestamp_in_future', param: 'timestamp' },
    );
  }
  if (timestamp < now - PAST_S) {
    throw invalid(`The timestamp ${timestamp} is more than 35 days in the past (now: ${now}).`, {
      code: 'timestamp_too_far_in_past',
      param: 'timestamp',
    });
  }
}

function assertIdentifier(identifier: string): void {
  if (identifier.length <= MAX_IDENTIFIER) return;
  throw invalid(
    `An identifier has at most ${MAX_IDENTIFIER} characters; this one has ${identifier.length}.`,
    { param: 'identifier' },
  );
}

/** Real time decides, also for a customer on a test clock: the window is about retries. */
function assertNew(world: World, identifier: string): void {
  const earlierUsage = world.store.usageByIdentifier(identifier);
  if (!earlierUsage || world.settings.realNowMs() - earlierUsage.receivedAtMs >= DEDUPED_FOR_MS)
    return;
  throw invalid(`An event already exists with identifier ${identifier}.`, {
    param: 'identifier',
  });
}

/** The machine's own time counts: a limit is about load, not about what a test calls now. */
function countCall(world: World): void {
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
