/**
 * What a Stripe price means to us: one of our rates, or a plan's base price. Prices never change
 * it.
 */
import type Stripe from 'stripe';
import { PLAN_METADATA_KEY, RATE_METADATA_KEY } from '../core/ids';

export interface PriceMeaning {
  readonly rateId: string | null;
  /** Of a plan's base price. */
  readonly planId: string | null;
}

export interface PriceBook {
  meaningOf(priceId: string): Promise<PriceMeaning>;
}

/** Archived prices keep their metadata, so an old invoice line still leads to its rate. */
export function createPriceBook(stripe: Stripe): PriceBook {
  const known = new Map<string, PriceMeaning>();
  return {
    meaningOf: async (priceId) => {
      const cached = known.get(priceId);
      if (cached) return cached;
      const { metadata } = await stripe.prices.retrieve(priceId);
      const meaning = {
        rateId: metadata[RATE_METADATA_KEY] ?? null,
        planId: metadata[PLAN_METADATA_KEY] ?? null,
      };
      known.set(priceId, meaning);
      return meaning;
    },
  };
}
