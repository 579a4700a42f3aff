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
  let usage: Usage = {};
  let reading: UsageReading | undefined;
  return {
    add: (next) => {
      if (!next) return false;
      const merged = { ...usage, ...withoutNull(next) };
      const later = readUsage(merged);
      if (reading && sumOf(later) < sumOf(reading)) return true;
      usage = merged;
      reading = later;
      return true;
    },
    isAny: () => reading !== undefined && sumOf(reading) > 0,
    reading: () => reading,
    usage: () => usage,
  };
}

const withoutNull = (usage: Usage): Usage =>
  Object.fromEntries(Object.entries(usage).filter(([, value]) => value !== null));
