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
  let lastReading: UsageReading | undefined;
  const readingOf = (toldUsage: Usage): UsageReading => (lastReading ??= readUsage(toldUsage));
  return {
    add: (next) => {
      if (!next) return false;
      const news = withoutNull(next);
      const merged = { ...usage, ...news };
      // Some tell it in every chunk, and it grows: nobody needs to know what it was in between.
      const later = usage === undefined || isGrown(usage, news) ? undefined : readUsage(merged);
      if (usage && later && sumOf(later) < sumOf(readingOf(usage))) return true;
      usage = merged;
      lastReading = later;
      return true;
    },
    isAny: () => usage !== undefined && sumOf(readingOf(usage)) > 0,
    reading: () => usage && readingOf(usage),
    usage: () => usage ?? {},
  };
}

/** No count has become less. Details are of the counts beside them. */
const isGrown = (usage: Usage, news: Usage): boolean =>
  Object.entries(news).every(([name, value]) => {
    const former = usage[name];
    if (typeof value === 'number' && typeof former === 'number') return value >= former;
    return value === former || (isDetail(value) && (former === undefined || isDetail(former)));
  });

const isDetail = (value: unknown): boolean => typeof value === 'object';

const withoutNull = (usage: Usage): Usage =>
  Object.fromEntries(Object.entries(usage).filter(([, value]) => value !== null));
