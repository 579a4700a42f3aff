/** What a meter could not use, gathered, and reported to whoever listens for thin events. */
import { emitThin } from '../thin-events';
import { newId } from '../identifiers';
import type { MeterError } from '../objects-v2';
import type { World } from '../world';
import { accountNow } from '../world';
import { meterSettings } from './meter-settings';

const SAMPLES = 5;

/** Answered with 200 all the same: Stripe finds out only later. */
export function noteMeterError(
  world: World,
  error: Pick<MeterError, 'code' | 'message' | 'meter' | 'identifier' | 'customer'>,
): void {
  world.store.put('meter_error', {
    id: newId('mtrerr'),
    object: 'meter_error',
    created: accountNow(world),
    ...error,
    notedAtMs: world.settings.realNowMs(),
    report: null,
  });
}

/** One report a meter, once its oldest error has waited long enough for others to join it. */
export function reportMeterErrors(world: World): void {
  const { errorDelayMs } = meterSettings(world);
  const dueTime = world.settings.realNowMs() - errorDelayMs;
  const errorsByMeter = new Map<string | null, MeterError[]>();
  for (const error of world.store.where('meter_error', 'unreported', 'unreported')) {
    const errorsOfMeter = errorsByMeter.get(error.meter);
    if (errorsOfMeter) errorsOfMeter.push(error);
    else errorsByMeter.set(error.meter, [error]);
  }
  for (const [meter, errors] of errorsByMeter)
    if (errors.some(({ notedAtMs }) => notedAtMs <= dueTime)) report(world, meter, errors);
}

function report(world: World, meter: string | null, errors: readonly MeterError[]): void {
  const times = errors.map(({ notedAtMs }) => notedAtMs);
  const event = emitThin(world, {
    type: meter === null ? 'v1.billing.meter.no_meter_found' : REPORT,
    related:
      meter === null
        ? null
        : { id: meter, type: 'billing.meter', url: `/v1/billing/meters/${meter}` },
    data: {
      developer_message_summary: `There ${
        errors.length === 1 ? 'is 1 invalid event' : `are ${errors.length} invalid events`
      }`,
      reason: { error_count: errors.length, error_types: typesOf(errors) },
      validation_start: new Date(Math.min(...times)).toISOString(),
      validation_end: new Date(Math.max(...times)).toISOString(),
    },
  });
  for (const error of errors) world.store.put('meter_error', { ...error, report: event.id });
}

const REPORT = 'v1.billing.meter.error_report_triggered';

function typesOf(errors: readonly MeterError[]): unknown[] {
  const codes = [...new Set(errors.map(({ code }) => code))];
  return codes.map((code) => {
    const errorsOfCode = errors.filter((error) => error.code === code);
    return {
      code,
      error_count: errorsOfCode.length,
      sample_errors: errorsOfCode.slice(0, SAMPLES).map(({ message, identifier }) => ({
        error_message: message,
        request: { identifier },
      })),
    };
  });
}
