/** Meter events: whole numbers, deduplicated, within the window of the customer's clock. */
import { setTimeout as sleep } from 'node:timers/promises';
import { newId } from '../identifiers';
import type { Meter, Usage } from '../objects';
import { invalid, StripeFault } from '../protocol/fault';
import * as p from '../protocol/params';
import { present } from '../presentation';
import { route } from '../protocol/router';
import { accountNow, customerNow } from '../world';
import type { World } from '../world';

const PAST_S = 35 * 86_400;
const FUTURE_S = 5 * 60;
const MAX_DIGITS = 15;
const DEDUPED_FOR_MS = 24 * 3600 * 1000;
/** What a call takes at least, so that calls that overlap for their senders overlap here. */
const PROCESSING_MS = 1;

/** Meter and customer whose event is being taken right now, per sandbox. */
const busy = new WeakMap<World, Set<string>>();

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
      const { event_name: eventName = '', payload = {} } = params;
      const meter = activeMeter(world, eventName);
      const { customer: customerId, value } = readPayload(meter, payload);
      return oneAtATime(world, `${meter.id}:${customerId}`, async () => {
        await sleep(PROCESSING_MS);
        const customer = world.store.get('customer', customerId);
        const now = customer ? customerNow(world, customer) : accountNow(world);
        const timestamp = params.timestamp ?? now;
        assertTimestamp(timestamp, now);
        const identifier = params.identifier ?? newId('mtrev');
        assertNew(world, identifier);
        const usage: Usage = {
          id: newId('mtrevt'),
          object: 'billing.meter_event',
          created: accountNow(world),
          event_name: eventName,
          identifier,
          livemode: false,
          payload: { ...payload },
          timestamp,
          meter: meter.id,
          customer: customerId,
          value,
          receivedAtMs: world.settings.realNowMs(),
        };
        if (customer && !customer.deleted) world.store.put('billing.meter_event', usage);
        else noteUnknownCustomer(world, usage);
        return present(world, usage);
      });
    },
    ['event_name', 'payload'],
  ),
];

function activeMeter(world: World, eventName: string): Meter {
  const meter = world.store.all('billing.meter').find((one) => one.event_name === eventName);
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

/** By real time, also for a customer on a test clock: the window is about retries. */
function assertNew(world: World, identifier: string): void {
  const known = world.store.usageByIdentifier(identifier);
  if (!known || world.settings.realNowMs() - known.receivedAtMs >= DEDUPED_FOR_MS) return;
  throw invalid(`An event already exists with identifier ${identifier}.`, {
    param: 'identifier',
  });
}

async function oneAtATime<T>(world: World, key: string, run: () => Promise<T>): Promise<T> {
  const keys = busy.get(world) ?? new Set<string>();
  busy.set(world, keys);
  if (keys.has(key)) {
    throw new StripeFault(429, {
      type: 'invalid_request_error',
      code: 'lock_timeout',
      message:
        'This object cannot be accessed right now because another API request or Stripe process ' +
        'is currently accessing it. Meter events are taken one at a time per customer and meter.',
    });
  }
  keys.add(key);
  try {
    return await run();
  } finally {
    keys.delete(key);
  }
}

/** Answered with 200 all the same: Stripe finds out only later, and reports it asynchronously. */
function noteUnknownCustomer(world: World, usage: Usage): void {
  world.store.put('meter_error', {
    id: usage.id,
    object: 'meter_error',
    created: usage.created,
    code: 'meter_event_customer_not_found',
    meter: usage.meter,
    customer: usage.customer,
    identifier: usage.identifier,
  });
}
