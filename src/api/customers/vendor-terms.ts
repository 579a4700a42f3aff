/** Whom a subscription pays: on a vendor's own plan the vendor, less our fee. */
import type { Pool } from 'pg';
import { findPlan, vendorPolicy } from '../../core/plans/catalog';
import type { Catalog } from '../../core/plans/catalog';
import { assertMayReceive } from '../../core/vendors/vendor-account';
import { findVendor } from '../../db/vendors';
import type { VendorTerms } from '../../stripe/customer-setup';

/** Stripe refuses a subscription that would pay an account which takes no transfers: so do we. */
export async function vendorTerms(
  pool: Pool,
  catalog: Catalog,
  planId: string,
): Promise<VendorTerms | null> {
  const { vendor } = findPlan(catalog, planId);
  if (vendor === undefined) return null;
  const account = await findVendor(pool, vendor);
  assertMayReceive(vendor, account, `Subscribe customers to ${planId}`);
  const { feePercent } = vendorPolicy(catalog, vendor);
  return { feePercent, destination: account.stripeAccountId };
}
