/** Usage by model, in the order and with the colours that chart and table share. */
import type { DashboardModel, DashboardUsage } from '../../view';

export interface Series {
  /** The model, and who sells it if a vendor does. */
  readonly name: string;
  readonly byDay: ReadonlyMap<string, number>;
  /** Number of its CSS variable, --series-1 … --series-6. */
  readonly color: number;
}

export const REST = 'Others';

export const seriesName = ({ model, vendor }: Pick<DashboardModel, 'model' | 'vendor'>): string =>
  vendor === undefined ? model : `${model} · ${vendor}`;

/** The greatest first; the small ones, if any, together as the last. */
export function seriesOf({ models, otherModels, days }: DashboardUsage): Series[] {
  const seriesMax = days[0]?.byModel.length ?? 0;
  const hasRest = models.length + otherModels.count > seriesMax;
  // One that would be alone among the others may as well have its name.
  const named = models.slice(0, hasRest ? seriesMax - 1 : seriesMax);
  const series = named.map((model, at) => ({
    name: seriesName(model),
    byDay: new Map(days.map(({ day, byModel }) => [day, byModel[at] ?? 0])),
    color: at + 1,
  }));
  if (!hasRest) return series;
  const restByDay = days.map(({ day, tokens, byModel }) => {
    const ofNamed = byModel.slice(0, named.length).reduce((sum, one) => sum + one, 0);
    return [day, tokens - ofNamed] as const;
  });
  return [...series, { name: REST, byDay: new Map(restByDay), color: seriesMax }];
}

/** Every calendar day (UTC) that a half-open period touches, as YYYY-MM-DD. */
export function daysOf({ start, end }: { readonly start: string; readonly end: string }): string[] {
  const DAY_MS = 86_400_000;
  const days: string[] = [];
  const first = Math.floor(Date.parse(start) / DAY_MS) * DAY_MS;
  for (let at = first; at < Date.parse(end); at += DAY_MS)
    days.push(new Date(at).toISOString().slice(0, 10));
  return days;
}
