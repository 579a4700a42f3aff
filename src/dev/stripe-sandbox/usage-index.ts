/** Meter events by customer and by identifier: the look-ups that must not scan. */
import type { Usage } from './objects-meter';

export interface UsageIndex {
  add(usage: Usage): void;
  of(meter: string, customer: string): readonly Usage[];
  byIdentifier(identifier: string): Usage | undefined;
  /** Identifiers of what was received before then can be used anew. */
  forgetIdentifiers(receivedBeforeMs: number): void;
  clear(): void;
}

export function createUsageIndex(): UsageIndex {
  const usages = new Map<string, Usage[]>();
  const identifiers = new Map<string, Usage>();
  return {
    add: (usage) => {
      const key = `${usage.meter}:${usage.customer}`;
      const list = usages.get(key);
      if (list) list.push(usage);
      else usages.set(key, [usage]);
      identifiers.delete(usage.identifier);
      identifiers.set(usage.identifier, usage);
    },
    of: (meter, customer) => usages.get(`${meter}:${customer}`) ?? [],
    byIdentifier: (identifier) => identifiers.get(identifier),
    forgetIdentifiers: (receivedBeforeMs) => {
      // They are in the order of receipt, so the first that is young enough ends the search.
      for (const [identifier, usage] of identifiers) {
        if (usage.receivedAtMs >= receivedBeforeMs) return;
        identifiers.delete(identifier);
      }
    },
    clear: () => {
      usages.clear();
      identifiers.clear();
    },
  };
}
