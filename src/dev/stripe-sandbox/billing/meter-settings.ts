/** How late a meter's own news are: summaries, and reports of errors. Settable while it runs. */
import type { StripeObject } from '../objects';
import type { World } from '../world';

const SETTINGS_ID = 'metering';

export interface MeterSettings {
  /** How long a meter event stays invisible in summaries. */
  summaryLagMs: number;
  /** How long errors are gathered before a meter's report of them. */
  errorDelayMs: number;
  /** Meter events taken in one second of real time. */
  callsPerSecond: number;
  /** `later`: what could be refused at once is answered with 200 and reported, as by streams. */
  validation: 'at_once' | 'later';
}

const VALIDATED: Pick<MeterSettings, 'validation'> = { validation: 'at_once' };

export function meterSettings(world: World): MeterSettings {
  const { summaryLagMs, meterErrorDelayMs, meterCallsPerSecond } = world.settings;
  const storedSettings = world.store.get('sandbox_settings', SETTINGS_ID)?.metering;
  return {
    ...VALIDATED,
    summaryLagMs,
    errorDelayMs: meterErrorDelayMs,
    callsPerSecond: meterCallsPerSecond,
    ...(storedSettings as Partial<MeterSettings> | undefined),
  };
}

export function setMetering(world: World, changes: Partial<MeterSettings>): MeterSettings {
  const metering = { ...meterSettings(world), ...changes };
  const settings: StripeObject = {
    id: SETTINGS_ID,
    object: 'sandbox_settings',
    created: 0,
    metering,
  };
  world.store.put('sandbox_settings', settings);
  return metering;
}
