/**
 * Tells whose lines of invoices are, by the period they bill and the catalogs that were sold from.
 */
import type Stripe from 'stripe';
import type { PaidLine } from '../src/core/vendors/payout';
import type { SoldCatalogsKnown } from '../src/core/vendors/sellers';
import { policyOfVendor, sellerOf } from '../src/core/vendors/sellers';
import { listBillingPeriods } from '../src/db/billing-periods';
import { listCatalogVersions } from '../src/db/catalog-versions';
import { meaningOfLine } from '../src/stripe/paid-lines';
import type { StripeDeps } from './deps';
import type { VendorPolicy } from '../src/core/plans/catalog';

/** Ten years have so many months. */
const PERIODS_MAX = 120;

export type SellerOfLine = (line: Stripe.InvoiceLineItem) => Promise<PaidLine['vendor']>;

type CatalogDeps = Pick<StripeDeps, 'pool' | 'catalog'>;

const soldCatalogs = async ({ pool, catalog }: CatalogDeps): Promise<SoldCatalogsKnown> => ({
  today: catalog,
  newestFirst: await listCatalogVersions(pool),
});

export const createVendorPolicies =
  (deps: CatalogDeps) =>
  async (vendor: string): Promise<VendorPolicy> =>
    policyOfVendor(await soldCatalogs(deps), vendor);

export function createSellers({ priceBook, ...deps }: CatalogDeps & Pick<StripeDeps, 'priceBook'>) {
  const { pool } = deps;
  return {
    policyOf: createVendorPolicies(deps),

    sellersTo: async (customer: string): Promise<SellerOfLine> => {
      const catalogs = await soldCatalogs(deps);
      const periods = await listBillingPeriods(pool, customer, PERIODS_MAX);
      const termsAt = (second: number) =>
        periods.find(
          ({ start, end }) => start.getTime() <= second * 1000 && second * 1000 < end.getTime(),
        )?.terms;
      return async (line) =>
        sellerOf(await meaningOfLine(priceBook, line), termsAt(line.period.start), catalogs);
    },
  };
}
