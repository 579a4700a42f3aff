/**
 * What a Stripe price means to us, and what it charges: one of our rates, or a plan's base price.
 * Stripe never changes a price's amount.
 */
import type Stripe from 'stripe';
import { askedOnce } from './asked-once';
import { PLAN_METADATA_KEY, RATE_METADATA_KEY, planOfProduct, rateOfProduct } from '../core/ids';

export interface PriceMeaning {
  readonly rateId: string | null;
  /** The plan whose base price this is. */
  readonly planId: string | null;
  /**
   * Cents, a decimal string: a token, or a period. null means that it is not one amount per unit.
   */
  readonly unitAmount: string | null;
}

export interface PriceBook {
  meaningOf(priceId: string): Promise<PriceMeaning>;
  /** Stripe has shown the price whole: it need not be asked for it. */
  learn(price: Stripe.Price): PriceMeaning;
}

/** Archived prices keep their metadata, so an old invoice line still leads to its rate. */
export function createPriceBook(stripe: Stripe): PriceBook {
  const knownMeanings = new Map<string, PriceMeaning>();
  const learn = (price: Stripe.Price): PriceMeaning => {
    const meaning = meaningOfPrice(price);
    // Somebody else's may become a plan's: an import writes that to it.
    if (meaning.planId ?? meaning.rateId) knownMeanings.set(price.id, meaning);
    return meaning;
  };
  const readOnce = askedOnce(async (priceId) => learn(await stripe.prices.retrieve(priceId)));
  return {
    learn,
    meaningOf: async (priceId) => knownMeanings.get(priceId) ?? readOnce(priceId),
  };
}

/** A price made by hand has no metadata of ours, but its product tells what it stands for. */
export function meaningOfPrice({ metadata, product, ...price }: Stripe.Price): PriceMeaning {
  const productId = typeof product === 'string' ? product : product.id;
  const isMetered = price.recurring?.usage_type === 'metered';
  return {
    rateId: metadata[RATE_METADATA_KEY] ?? (isMetered ? rateOfProduct(productId) : null),
    planId: metadata[PLAN_METADATA_KEY] ?? (isMetered ? null : planOfProduct(productId)),
    unitAmount:
      price.billing_scheme === 'per_unit' && !price.transform_quantity
        ? (price.unit_amount_decimal?.toString() ?? null)
        : null,
  };
}
