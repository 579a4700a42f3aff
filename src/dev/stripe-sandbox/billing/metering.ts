/** A customer's usage on a meter between two moments, by the timestamps of the meter events. */
import type { Meter, Usage } from '../objects-meter';
import type { World } from '../world';

const WINDOW_SECONDS = { hour: 3600, day: 86_400 };

/** `start` is within, `end` is not. */
export function usedBetween(
  world: World,
  meterId: string,
  customer: string,
  period: { start: number; end: number },
): number {
  const meter = world.store.get('billing.meter', meterId);
  if (!meter) return 0;
  return aggregate(meter, world.store.usage(meterId, customer).filter(within(period)));
}

export function within(period: { start: number; end: number }): (usage: Usage) => boolean {
  return ({ timestamp, isCanceled }) =>
    !isCanceled && timestamp >= period.start && timestamp < period.end;
}

export function aggregate(meter: Meter, usages: readonly Usage[]): number {
  const countedUsages = meter.event_time_window ? lastOfEachWindow(meter, usages) : usages;
  switch (meter.default_aggregation.formula) {
    case 'count':
      return countedUsages.length;
    case 'last':
      return latest(countedUsages)?.value ?? 0;
    case 'sum':
      return countedUsages.reduce((total, { value }) => total + value, 0);
  }
}

/** A pre-aggregated meter keeps, per hour or day, only what it received last. */
function lastOfEachWindow(meter: Meter, usages: readonly Usage[]): Usage[] {
  const seconds = WINDOW_SECONDS[meter.event_time_window ?? 'hour'];
  const windows = new Map<number, Usage>();
  for (const usage of usages) windows.set(Math.floor(usage.timestamp / seconds), usage);
  return [...windows.values()];
}

function latest(usages: readonly Usage[]): Usage | undefined {
  return usages.reduce<Usage | undefined>(
    (lastUsage, usage) =>
      lastUsage === undefined || usage.timestamp >= lastUsage.timestamp ? usage : lastUsage,
    undefined,
  );
}
