/** The Stripe prices that a plan's subscription has, as the last push of the catalog left them. */
import type Stripe from 'stripe';
import { findPlan, planTerms } from '../core/catalog';
import type { Catalog } from '../core/catalog';
import { DomainError } from '../core/errors';
import { planPriceLookupKey, ratePriceLookupKey } from '../core/ids';
import { isAsWanted, wantedPrices } from './catalog-prices';
import { createMeterBook } from './meter-book';

/** Stripe's limit for one list by lookup keys. */
const LOOKUP_KEYS_MAX = 10;

/**
 * Price ids: the base price first if the plan has one, then one per rate. Read each time, because
 * a push may have replaced a price a second ago. Refuses prices that charge something other than
 * the catalog says.
 */
export async function planPriceIds(
  stripe: Stripe,
  catalog: Catalog,
  planId: string,
): Promise<string[]> {
  const { rates } = planTerms(catalog, planId);
  const lookupKeys = rates.map(({ id }) => ratePriceLookupKey(id));
  return priceIds(stripe, catalog, [...basePriceKey(catalog, planId), ...lookupKeys]);
}

/** The base price; null for a plan that has none. */
export async function planPriceId(
  stripe: Stripe,
  catalog: Catalog,
  planId: string,
): Promise<string | null> {
  return (await priceIds(stripe, catalog, basePriceKey(catalog, planId)))[0] ?? null;
}

export function ratePriceIds(
  stripe: Stripe,
  catalog: Catalog,
  rateIds: readonly string[],
): Promise<string[]> {
  return priceIds(stripe, catalog, rateIds.map(ratePriceLookupKey));
}

const basePriceKey = (catalog: Catalog, planId: string): string[] =>
  findPlan(catalog, planId).monthlyPriceCents > 0 ? [planPriceLookupKey(planId)] : [];

async function priceIds(
  stripe: Stripe,
  catalog: Catalog,
  lookupKeys: readonly string[],
): Promise<string[]> {
  const found = await readPrices(stripe, lookupKeys);
  const wanted = new Map(wantedPrices(catalog).map((price) => [price.lookupKey, price]));
  const meters = createMeterBook(stripe);
  const ids: string[] = [];
  for (const lookupKey of lookupKeys) {
    const price = found.get(lookupKey);
    const terms = wanted.get(lookupKey);
    if (!price || !terms) throw notPushed(`has no price ${lookupKey}`);
    const { meterEventName } = terms;
    const meterId = meterEventName === undefined ? null : await meters.meterId(meterEventName);
    if (!isAsWanted(price, terms, meterId)) {
      throw notPushed(`has another price ${lookupKey} (${price.id}) than the catalog says`);
    }
    ids.push(price.id);
  }
  return ids;
}

async function readPrices(
  stripe: Stripe,
  lookupKeys: readonly string[],
): Promise<Map<string, Stripe.Price>> {
  const found = new Map<string, Stripe.Price>();
  for (let from = 0; from < lookupKeys.length; from += LOOKUP_KEYS_MAX) {
    const { data } = await stripe.prices.list({
      lookup_keys: lookupKeys.slice(from, from + LOOKUP_KEYS_MAX),
      active: true,
      limit: 100,
    });
    for (const price of data) if (price.lookup_key !== null) found.set(price.lookup_key, price);
  }
  return found;
}

function notPushed(what: string): DomainError {
  return new DomainError(
    'catalog_not_pushed',
    `Stripe ${what}. Run \`npx tollkeeper catalog push\`, then repeat the request.`,
  );
}
