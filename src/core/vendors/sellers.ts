/**
 * Tells whose a line of an invoice is, and on which terms a vendor sells: also where the catalog
 * file has neither any more. What was sold is paid out.
 */
import type { Catalog, VendorPolicy } from '../plans/catalog';
import { vendorPolicy } from '../plans/catalog';
import type { CatalogVersion } from '../plans/catalog-version';
import type { PlanTerms } from '../plans/plan';

/** What a line bills: usage of a rate, or the base price of a plan. */
export interface LineMeaning {
  readonly rateId: string | null;
  readonly planId: string | null;
}

export interface SoldCatalogsKnown {
  readonly today: Catalog;
  readonly newestFirst: readonly CatalogVersion[];
}

/**
 * `terms` are those of the line's period, where it is known. null says that it is the platform's
 * own.
 */
export function sellerOf(
  { rateId, planId }: LineMeaning,
  terms: PlanTerms | undefined,
  soldCatalogs: SoldCatalogsKnown,
): string | null {
  const catalogs = inOrder(soldCatalogs, terms?.catalogVersion);
  const plan = catalogs.flatMap(({ plans }) => plans).find(({ id }) => id === planId);
  if (plan?.vendor !== undefined) return plan.vendor;
  if (rateId === null) return null;
  const soldRate = terms?.rates.find(({ id }) => id === rateId);
  if (soldRate) return soldRate.vendor ?? null;
  const seller = catalogs
    .find(({ rates }) => rates.some(({ id }) => id === rateId))
    ?.vendors.find(({ rates }) => rates.includes(rateId));
  return seller?.id ?? null;
}

/** The file of today tells; of a vendor that has left it, the newest catalog that had it does. */
export function policyOfVendor(soldCatalogs: SoldCatalogsKnown, vendor: string): VendorPolicy {
  const catalog = inOrder(soldCatalogs).find(({ vendors }) =>
    vendors.some(({ id }) => id === vendor),
  );
  // If none has it, the error says which vendors there are today.
  return vendorPolicy(catalog ?? soldCatalogs.today, vendor);
}

function inOrder({ today, newestFirst }: SoldCatalogsKnown, version?: string): Catalog[] {
  const own = newestFirst.filter((one) => one.version === version);
  return [
    ...own.map(({ catalog }) => catalog),
    today,
    ...newestFirst.map(({ catalog }) => catalog),
  ];
}
