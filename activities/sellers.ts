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

export function createSellers({ pool, priceBook, catalog }: Omit<StripeDeps, 'stripe'>) {
  const listSoldCatalogs = async (): Promise<SoldCatalogsKnown> => ({
    today: catalog,
    newestFirst: await listCatalogVersions(pool),
  });

  return {
    policyOf: async (vendor: string): Promise<VendorPolicy> =>
      policyOfVendor(await listSoldCatalogs(), vendor),

    sellersTo: async (customer: string): Promise<SellerOfLine> => {
      const catalogs = await listSoldCatalogs();
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
