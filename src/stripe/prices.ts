/**
 * The Stripe prices of a plan as a catalog sells it: today's, as the last push left them, or one
 * that customers were sold by before.
 */
import type Stripe from 'stripe';
import { findPlan, planTerms } from '../core/plans/catalog';
import type { Catalog } from '../core/plans/catalog';
import { DomainError } from '../core/errors';
import { planPriceLookupKey, ratePriceLookupKey } from '../core/ids';
import { ratesFromStart } from '../core/plans/plan';
import { isAsWanted, wantedPrices } from './catalog-prices';
import type { WantedPrice } from './catalog-prices';
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

/** Those of a new subscription: vendors' rates are added when the customer first uses them. */
export function startPriceIds(stripe: Stripe, catalog: Catalog, planId: string): Promise<string[]> {
  const ownKeys = ratesFromStart(planTerms(catalog, planId)).map(({ id }) =>
    ratePriceLookupKey(id),
  );
  return priceIds(stripe, catalog, [...basePriceKey(catalog, planId), ...ownKeys]);
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
  const holders = await readHolders(stripe, lookupKeys);
  const pricesByKey = new Map(wantedPrices(catalog).map((price) => [price.lookupKey, price]));
  const meters = createMeterBook(stripe);
  const ids: string[] = [];
  for (const lookupKey of lookupKeys) {
    const terms = pricesByKey.get(lookupKey);
    if (!terms) throw notPushed(`has no price ${lookupKey}`);
    const { meterEventName } = terms;
    const meterId = meterEventName === undefined ? null : await meters.meterId(meterEventName);
    const holder = holders.get(lookupKey);
    ids.push(
      holder && isAsWanted(holder, terms, meterId)
        ? holder.id
        : await formerPriceId(stripe, terms, meterId, holder),
    );
  }
  return ids;
}

/** A price of the same product without its lookup key was sold before, or still is. */
async function formerPriceId(
  stripe: Stripe,
  wantedPrice: WantedPrice,
  meterId: string | null,
  holder: Stripe.Price | undefined,
): Promise<string> {
  const { lookupKey } = wantedPrice;
  for (const active of [true, false])
    for await (const price of stripe.prices.list({ product: lookupKey, active, limit: 100 })) {
      if (!isAsWanted(price, wantedPrice, meterId)) continue;
      // An earlier release archived what it replaced, and Stripe takes no archived price.
      if (!price.active) await stripe.prices.update(price.id, { active: true });
      return price.id;
    }
  throw notPushed(
    holder
      ? `has another price ${lookupKey} (${holder.id}) than the catalog says`
      : `has no price ${lookupKey}`,
  );
}

async function readHolders(
  stripe: Stripe,
  lookupKeys: readonly string[],
): Promise<Map<string, Stripe.Price>> {
  const prices = new Map<string, Stripe.Price>();
  for (let index = 0; index < lookupKeys.length; index += LOOKUP_KEYS_MAX) {
    const { data } = await stripe.prices.list({
      lookup_keys: lookupKeys.slice(index, index + LOOKUP_KEYS_MAX),
      active: true,
      limit: 100,
    });
    for (const price of data) if (price.lookup_key !== null) prices.set(price.lookup_key, price);
  }
  return prices;
}

function notPushed(fault: string): DomainError {
  return new DomainError(
    'catalog_not_pushed',
    `Stripe ${fault}. Run \`npx tollkeeper catalog push\`, then repeat the request.`,
  );
}
