/** Records what a call used, without the call ever noticing that this failed. */
import type { TollkeeperClient } from './client';
import { messageOf, TollkeeperError } from './tollkeeper-error';
import type { NewUsageEvent } from './usage-event';

/** Never throws, and nobody has to wait for it: failures are told to `onError`. */
export function recordMetered(tollkeeper: TollkeeperClient, make: () => NewUsageEvent): void {
  try {
    const event = make();
    tollkeeper.recordUsage(event).catch((error: unknown) => {
      tollkeeper.report(
        meterFailed(`Usage ${event.id} was not recorded: ${messageOf(error)}`, error),
      );
    });
  } catch (cause) {
    tollkeeper.report(meterFailed(`Usage was not recorded: ${messageOf(cause)}`, cause));
  }
}

export const meterFailed = (message: string, cause: unknown): TollkeeperError =>
  new TollkeeperError('meter_failed', `${message.replace(/\.$/, '')}.`, { cause });
