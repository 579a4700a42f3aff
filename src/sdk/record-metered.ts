/** Records what a call used, without the call ever noticing that this failed. */
import { messageOf, TollkeeperError } from './tollkeeper-error';
import type { NewUsageEvent } from './usage-event';
import type { UsageRecorder } from './usage-recorder';

/**
 * Written when this returns, and on the disk when it resolves, where there is one. Never throws or
 * rejects, and nobody has to wait for it: failures are told to `onError`.
 */
export async function recordMetered(
  recorder: UsageRecorder,
  make: () => NewUsageEvent,
): Promise<void> {
  let id = '';
  try {
    const event = make();
    id = ` ${event.id}`;
    await recorder.recordUsage(event);
  } catch (cause) {
    recorder.report(meterFailed(`Usage${id} was not recorded: ${messageOf(cause)}`, cause));
  }
}

export const meterFailed = (message: string, cause: unknown): TollkeeperError =>
  new TollkeeperError('meter_failed', `${message.replace(/\.$/, '')}.`, { cause });
