/** What a meter takes: whole numbers, each once, within the window of the customer's clock. */
import { newId } from '../identifiers';
import type { Meter, Usage } from '../objects-meter';
import { invalid, StripeFault } from '../protocol/fault';
import { accountNow, customerNow } from '../world';
import type { World } from '../world';
import { beliefs } from './beliefs';
import { noteMeterError } from './meter-errors';

const PAST_S = 35 * 86_400;
const FUTURE_S = 5 * 60;
const MAX_DIGITS = 15;
const DEDUPED_FOR_MS = 24 * 3600 * 1000;

export interface MeterReport {
  event_name: string;
  identifier: string;
  payload: Record<string, string>;
  /** Unix seconds; undefined: now. */
  timestamp: number | undefined;
  isStreamed?: true;
}

/** What of a report can be found out without the customer. Throws what is wrong with it. */
export function readReport(world: World, { event_name, payload }: MeterReport) {
  const meter = activeMeter(world, event_name);
  return { meter, ...readPayload(meter, payload) };
}

/** Throws what is wrong with it; a customer who isn't there is found out later. */
export function takeReport(
  world: World,
  report: MeterReport,
  { meter, customer: customerId, value }: ReturnType<typeof readReport>,
): Usage {
  const customer = world.store.get('customer', customerId);
  const now = customer ? customerNow(world, customer) : accountNow(world);
  const timestamp = report.timestamp ?? now;
  assertTimestamp(timestamp, now);
  assertNew(world, report);
  const usage: Usage = {
    ...shown(world, { ...report, timestamp }),
    ...{ id: newId('mtrevt'), meter: meter.id, customer: customerId, value },
    receivedAtMs: world.settings.realNowMs(),
    ...(report.isStreamed && { isStreamed: true }),
  };
  if (customer && !customer.deleted) return world.store.put('billing.meter_event', usage);
  noteMeterError(world, {
    code: 'meter_event_customer_not_found',
    message: `No customer was found for ${customerId}.`,
    meter: meter.id,
    customer: customerId,
    identifier: report.identifier,
  });
  return usage;
}

export const shown = (
  world: World,
  { event_name, identifier, payload, timestamp }: MeterReport,
) => ({
  object: 'billing.meter_event' as const,
  created: accountNow(world),
  ...{ event_name, identifier, livemode: false, payload: { ...payload } },
  timestamp: timestamp ?? accountNow(world),
});

/** What Stripe's streams find out only after they have answered. */
const REPORTABLE: ReadonlySet<string> = new Set([
  'archived_meter',
  'meter_event_invalid_value',
  'meter_event_no_customer_defined',
  'meter_event_value_too_many_digits',
  'no_meter',
  'timestamp_in_future',
  'timestamp_too_far_in_past',
]);

/** Has the meter tell of it, if that is known only later; otherwise throws it. */
export function tellLater(world: World, report: MeterReport, error: unknown): void {
  const code = error instanceof StripeFault ? error.body.code : undefined;
  if (code === undefined || !REPORTABLE.has(code)) throw error;
  const meter = meterOf(world, report.event_name);
  noteMeterError(world, {
    code,
    message: (error as StripeFault).message,
    meter: meter?.id ?? null,
    customer: report.payload[meter?.customer_mapping.event_payload_key ?? ''] ?? null,
    identifier: report.identifier,
  });
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

/** Real time decides, also for a customer on a test clock: the window is about retries. */
function assertNew(world: World, { identifier, isStreamed }: MeterReport): void {
  if (!hasUsage(world, { identifier, isStreamed })) return;
  throw invalid(`An event already exists with identifier ${identifier}.`, {
    param: 'identifier',
  });
}

/** Whether a report with this identifier was taken within the window. */
export function hasUsage(
  world: World,
  { identifier, isStreamed }: Pick<MeterReport, 'identifier' | 'isStreamed'>,
): boolean {
  const earlierUsage = world.store.usageByIdentifier(identifier);
  if (!earlierUsage) return false;
  const isOthers = earlierUsage.isStreamed !== isStreamed;
  if (isOthers && beliefs(world).streamIdentifiers === 'own') return false;
  return world.settings.realNowMs() - earlierUsage.receivedAtMs < DEDUPED_FOR_MS;
}
