/** Usage by model, in the order and with the colours that chart and table share. */
import type { DashboardUsage } from '../../view';

export interface Series {
  /** The model, and who sells it if a vendor does. */
  readonly name: string;
  readonly tokens: number;
  readonly byDay: ReadonlyMap<string, number>;
  /** Number of its CSS variable, --series-1 … --series-6. */
  readonly color: number;
}

/** The rest are one more: that many colours can be told apart. */
const NAMED_MAX = 5;
export const REST = 'Others';

export const seriesName = ({ model, vendor }: Pick<DashboardUsage, 'model' | 'vendor'>): string =>
  vendor === undefined ? model : `${model} · ${vendor}`;

/** The greatest first, by name where equal; the small ones, if any, together as the last. */
export function seriesOf(usage: readonly DashboardUsage[]): Series[] {
  const sums = new Map<string, Map<string, number>>();
  for (const line of usage) {
    const byDay = sums.get(seriesName(line)) ?? new Map<string, number>();
    byDay.set(line.day, (byDay.get(line.day) ?? 0) + line.tokens);
    sums.set(seriesName(line), byDay);
  }
  const all = [...sums]
    .map(([name, byDay]) => ({ name, byDay, tokens: sum(byDay.values()) }))
    .sort((a, b) => b.tokens - a.tokens || (a.name < b.name ? -1 : 1));
  // One that would be alone among the others may as well have its name.
  const named = all.length <= NAMED_MAX + 1 ? all : all.slice(0, NAMED_MAX);
  const rest = all.slice(named.length);
  const restByDay = new Map<string, number>();
  for (const { byDay } of rest)
    for (const [day, tokens] of byDay) restByDay.set(day, (restByDay.get(day) ?? 0) + tokens);
  const others = { name: REST, byDay: restByDay, tokens: sum(restByDay.values()) };
  const shown = rest.length === 0 ? named : [...named, others];
  return shown.map((each, at) => ({ ...each, color: at + 1 }));
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

const sum = (values: Iterable<number>): number => [...values].reduce((a, b) => a + b, 0);
