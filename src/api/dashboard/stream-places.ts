/** How many live pages there may be at once: of everybody, of one customer, from one address. */

/** Each costs a connection and a share of each look at the ledger. */
const PLACES = { all: 5_000, customer: 20, address: 500 } as const;

export interface StreamPlaces {
  /** Answers how to give the place back, or which of the limits is reached. */
  take(of: { readonly customer: string; readonly address: string }): (() => void) | Limit;
}

export type Limit = keyof typeof PLACES;

export function createStreamPlaces(): StreamPlaces {
  const counts = new Map<string, number>();
  const add = (name: string, change: number) => {
    const count = (counts.get(name) ?? 0) + change;
    if (count === 0) counts.delete(name);
    else counts.set(name, count);
  };
  return {
    take: ({ customer, address }) => {
      const places = [
        ['all', 'all'],
        ['customer', `customer ${customer}`],
        ['address', `address ${address}`],
      ] as const;
      const full = places.find(([limit, name]) => (counts.get(name) ?? 0) >= PLACES[limit]);
      if (full) return full[0];
      for (const [, name] of places) add(name, 1);
      return () => {
        for (const [, name] of places) add(name, -1);
      };
    },
  };
}
