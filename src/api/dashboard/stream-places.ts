/** How many live pages there may be at once: of everybody, of one customer, from one address. */
import { createTally } from '../../core/tally';

/** Each costs a connection and a share of each look at the ledger. */
const PLACES = { all: 5_000, customer: 20, address: 500 } as const;

export interface StreamPlaces {
  /** Answers how to give the place back, or which of the limits is reached. */
  take(of: { readonly customer: string; readonly address: string }): (() => void) | Limit;
}

export type Limit = keyof typeof PLACES;

export function createStreamPlaces(): StreamPlaces {
  const streams = createTally();
  return {
    take: ({ customer, address }) => {
      const places = [
        ['all', 'all'],
        ['customer', `customer ${customer}`],
        ['address', `address ${address}`],
      ] as const;
      const full = places.find(([limit, name]) => streams.of(name) >= PLACES[limit]);
      if (full) return full[0];
      for (const [, name] of places) streams.add(name, 1);
      return () => {
        for (const [, name] of places) streams.add(name, -1);
      };
    },
  };
}
