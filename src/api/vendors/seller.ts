/** Who sells: a vendor of the catalog, or one that was in it once and has an account. */
import type { Pool } from 'pg';
import { DomainError } from '../../core/errors';
import type { Catalog } from '../../core/plans/catalog';
import { findVendor } from '../../db/vendors';
import type { Vendor } from '../../db/vendors';

export interface SellerDeps {
  readonly pool: Pool;
  readonly catalog: Catalog;
}

export interface Seller {
  readonly vendor: string;
  readonly name: string;
  /** undefined: it sells, and has no account yet. */
  readonly account: Vendor | undefined;
}

/** One that the catalog has, or that was in it once and has an account. */
export async function requireSeller({ pool, catalog }: SellerDeps, id: string): Promise<Seller> {
  const account = await findVendor(pool, id);
  const catalogVendor = catalog.vendors.find((vendor) => vendor.id === id);
  if (account || catalogVendor)
    return { vendor: id, name: account?.name ?? catalogVendor?.name ?? id, account };
  const vendors = catalog.vendors.map((vendor) => vendor.id);
  throw new DomainError(
    'vendor_not_found',
    `There is no vendor ${JSON.stringify(id)}. The catalog has ${vendors.join(', ') || 'none'}.`,
    { vendors },
  );
}
