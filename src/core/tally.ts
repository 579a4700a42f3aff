/** How many there are under each name. One that has none is forgotten: names cost nothing. */
export interface Tally {
  of(name: string): number;
  /** A negative change takes away. */
  add(name: string, change: number): void;
}

export function createTally(): Tally {
  const counts = new Map<string, number>();
  const of = (name: string): number => counts.get(name) ?? 0;
  return {
    of,
    add: (name, change) => {
      const count = of(name) + change;
      if (count === 0) counts.delete(name);
      else counts.set(name, count);
    },
  };
}
