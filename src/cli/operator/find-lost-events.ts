/** `tollkeeper find-lost-events`: the daily search for what webhooks left out, by command. */
import { findLostEvents } from '../../temporal/lost-events-schedule';
import type { LostEventsRun } from '../../temporal/lost-events-schedule';
import { asOperator, plainList, print } from './operator';
import type { OutputOptions } from './operator';

export async function showLostEvents(options: OutputOptions): Promise<void> {
  await asOperator(async ({ temporal }) => {
    const run = await findLostEvents(temporal);
    print(run, lostEventsText, options);
    if (run.fault !== null) process.exitCode = 1;
  });
}

export function lostEventsText(run: LostEventsRun): string {
  const recoveries = Object.entries(run.eventsRecovered);
  const total = recoveries.reduce((sum, [, count]) => sum + count, 0);
  return plainList([
    ['events read', String(run.eventsRead)],
    ['recovered', [total, ...recoveries.map(([type, count]) => `${type}: ${count}`)].join(', ')],
    ['customers hinted', [run.customersHinted, ...run.customers].join(', ')],
    ['not read', (run.unread ?? []).map(({ event, reason }) => `${event}: ${reason}`).join(', ')],
    ['refused', run.fault],
    ['not listed', run.unlisted.map(({ customer, reason }) => `${customer}: ${reason}`).join(', ')],
  ]);
}
