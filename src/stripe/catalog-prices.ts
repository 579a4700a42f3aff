/** Which prices the catalog wants at Stripe, and whether a price there is one of them. */
import Stripe from 'stripe';
import { catalogRates } from '../core/plans/catalog';
import type { Catalog } from '../core/plans/catalog';
import {
  CATALOG_METADATA_KEY,
  PLAN_METADATA_KEY,
  RATE_METADATA_KEY,
  planPriceLookupKey,
  ratePriceLookupKey,
} from '../core/ids';
import { centsPerToken, compareDecimals } from '../core/money';
import { versionOf } from './catalog-version';

export interface WantedPrice {
  /** The product has the same id: one product, one current price. */
  readonly lookupKey: string;
  readonly productName: string;
  readonly currency: string;
  /** Cents, a decimal string: per month for a plan, per token for a rate. */
  readonly unitAmount: string;
  /** The catalog version that wants it. */
  readonly catalogVersion: string;
  /** Absent, it is a plan's monthly base price, charged in advance. */
  readonly meterEventName?: string;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Base prices of the plans that have one, then the metered price of each rate. */
export function wantedPrices(catalog: Catalog): WantedPrice[] {
  const { currency } = catalog;
  const catalogVersion = versionOf(catalog);
  const plans = catalog.plans
    .filter(({ monthlyPriceCents }) => monthlyPriceCents > 0)
    .map((plan) => ({
      lookupKey: planPriceLookupKey(plan.id),
      productName: plan.name,
      ...{ currency, catalogVersion },
      unitAmount: String(plan.monthlyPriceCents),
      metadata: { [PLAN_METADATA_KEY]: plan.id },
    }));
  const names = new Map(catalog.rates.map(({ id, name }) => [id, name]));
  const rates = catalogRates(catalog).map((rate) => ({
    lookupKey: ratePriceLookupKey(rate.id),
    productName: names.get(rate.id) ?? rate.id,
    ...{ currency, catalogVersion },
    unitAmount: centsPerToken(rate.pricePerMillionTokens),
    meterEventName: rate.meterEventName,
    metadata: { [RATE_METADATA_KEY]: rate.id },
  }));
  return [...plans, ...rates];
}

/** Whether Stripe's price charges what the catalog says; `meterId` is the wanted meter's. */
export function isAsWanted(
  price: Stripe.Price,
  wantedPrice: WantedPrice,
  meterId: string | null,
): boolean {
  return (
    price.currency === wantedPrice.currency &&
    price.recurring?.interval === 'month' &&
    (price.recurring.meter ?? null) === meterId &&
    price.billing_scheme === 'per_unit' &&
    price.unit_amount_decimal !== null &&
    compareDecimals(price.unit_amount_decimal.toString(), wantedPrice.unitAmount) === 0 &&
    Object.entries(wantedPrice.metadata).every(([key, value]) => price.metadata[key] === value)
  );
}

/** Legal since 2025-03-31: a metered price has its meter, and no `transform_quantity`. */
export function priceParameters(
  wantedPrice: WantedPrice,
  meterId: string | null,
): Stripe.PriceCreateParams {
  return {
    product: wantedPrice.lookupKey,
    currency: wantedPrice.currency,
    unit_amount_decimal: Stripe.Decimal.from(wantedPrice.unitAmount),
    recurring:
      meterId === null
        ? { interval: 'month' }
        : { interval: 'month', usage_type: 'metered', meter: meterId },
    lookup_key: wantedPrice.lookupKey,
    transfer_lookup_key: true,
    // The version that first had it: later ones with the same amount keep the price.
    metadata: { ...wantedPrice.metadata, [CATALOG_METADATA_KEY]: wantedPrice.catalogVersion },
  };
}
