/**
 * What a stream has told of its usage so far: the last and the largest. Some tell it once, some in
 * every event, some in parts (first what was asked, last what was answered), some begin with zeros.
 */
import { readUsage, sumOf } from './read-usage';
import type { UsageReading } from './read-usage';

type Usage = Readonly<Record<string, unknown>>;

export interface ToldUsage {
  /** Returns whether anything was told, if nothing larger. */
  add(usage: Usage | undefined): boolean;
  /** It is more than zeros. */
  isAny(): boolean;
  /** undefined: nothing was told yet. */
  reading(): UsageReading | undefined;
  /** It is as the provider has written it. */
  usage(): Usage;
}

export function createToldUsage(): ToldUsage {
  let usage: Usage | undefined;
  /** Absent: what was told last was not read yet. */
  let known: UsageReading | undefined;
  const readingOf = (told: Usage): UsageReading => (known ??= readUsage(told));
  return {
    add: (next) => {
      if (!next) return false;
      const told = withoutNull(next);
      const merged = { ...usage, ...told };
      // Some tell it in every chunk, and it grows: nobody needs to know what it was in between.
      const later = usage === undefined || isGrown(usage, told) ? undefined : readUsage(merged);
      if (usage && later && sumOf(later) < sumOf(readingOf(usage))) return true;
      usage = merged;
      known = later;
      return true;
    },
    isAny: () => usage !== undefined && sumOf(readingOf(usage)) > 0,
    reading: () => usage && readingOf(usage),
    usage: () => usage ?? {},
  };
}

/** No count has become less. Details are of the counts beside them. */
const isGrown = (usage: Usage, told: Usage): boolean =>
  Object.entries(told).every(([name, value]) => {
    const before = usage[name];
    if (typeof value === 'number' && typeof before === 'number') return value >= before;
    return value === before || (isDetail(value) && (before === undefined || isDetail(before)));
  });

const isDetail = (value: unknown): boolean => typeof value === 'object';

const withoutNull = (usage: Usage): Usage =>
  Object.fromEntries(Object.entries(usage).filter(([, value]) => value !== null));
