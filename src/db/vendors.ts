/** Vendors and what we know of their accounts at Stripe: the row comes first, then the account. */
import type { Pool, PoolClient } from 'pg';
import { invariant } from '../core/errors';
import { isStorable } from '../core/text';
import type { KnownAccount } from '../core/vendors/vendor-account';

export interface Vendor extends KnownAccount {
  readonly vendor: string;
  readonly email: string;
  readonly name: string | null;
  readonly country: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** Answers of Stripe that were written down, a decimal string. */
  readonly accountReadings: string;
}

const SELECT = `
  select vendor, email, name, country, stripe_account_id as "stripeAccountId",
         transfers_status as "transfersStatus", payouts_enabled as "payoutsEnabled",
         requirements_due as "requirementsDue", disabled_reason as "disabledReason",
         deauthorized_at as "deauthorizedAt", created_at as "createdAt", updated_at as "updatedAt",
         account_readings as "accountReadings"
    from vendors`;

export async function findVendor(
  db: Pool | PoolClient,
  vendor: string,
): Promise<Vendor | undefined> {
  // The database refuses to look for text that it can't hold.
  if (!isStorable(vendor)) return undefined;
  const { rows } = await db.query<Vendor>(`${SELECT} where vendor = $1`, [vendor]);
  return rows[0];
}

export async function findVendorByAccount(
  db: Pool | PoolClient,
  accountId: string,
): Promise<Vendor | undefined> {
  const { rows } = await db.query<Vendor>(`${SELECT} where stripe_account_id = $1`, [accountId]);
  return rows[0];
}

export const listVendors = (db: Pool | PoolClient): Promise<Vendor[]> => readVendorPage(db, {});

/** In the order of their ids, after that one; `limit`: at most so many. */
export async function readVendorPage(
  db: Pool | PoolClient,
  page: { readonly after?: string; readonly limit?: number },
): Promise<Vendor[]> {
  const { rows } = await db.query<Vendor>(`${SELECT} where vendor > $1 order by vendor limit $2`, [
    page.after ?? '',
    page.limit ?? null,
  ]);
  return rows;
}

/** False when the vendor is there already, and then nothing is changed. */
export async function insertVendor(
  db: Pool | PoolClient,
  { vendor, email, name, country }: Pick<Vendor, 'vendor' | 'email' | 'name' | 'country'>,
): Promise<boolean> {
  const { rowCount } = await db.query(
    `insert into vendors (vendor, email, name, country) values ($1, $2, $3, $4)
     on conflict (vendor) do nothing`,
    [vendor, email, name, country],
  );
  return rowCount === 1;
}

export async function countAccountReading(db: PoolClient, vendor: string): Promise<void> {
  await db.query('update vendors set account_readings = account_readings + 1 where vendor = $1', [
    vendor,
  ]);
}

export type VendorChange = Partial<Pick<Vendor, keyof KnownAccount | 'email' | 'name' | 'country'>>;

const COLUMNS: Readonly<Record<keyof VendorChange, string>> = {
  email: 'email',
  name: 'name',
  country: 'country',
  stripeAccountId: 'stripe_account_id',
  transfersStatus: 'transfers_status',
  payoutsEnabled: 'payouts_enabled',
  requirementsDue: 'requirements_due',
  disabledReason: 'disabled_reason',
  deauthorizedAt: 'deauthorized_at',
};

/** Changes what is named. Another account than the one there is would be paid in its stead. */
export async function updateVendorAccount(
  db: Pool | PoolClient,
  vendor: string,
  change: VendorChange,
): Promise<void> {
  const names = Object.keys(change) as (keyof VendorChange)[];
  const sets = names.map((name, index) => `${COLUMNS[name]} = $${index + 3}`);
  const { rowCount } = await db.query(
    `update vendors set ${[...sets, 'updated_at = clock_timestamp()'].join(', ')}
      where vendor = $1 and ($2::text is null or coalesce(stripe_account_id, $2) = $2)`,
    [vendor, change.stripeAccountId ?? null, ...names.map((name) => change[name])],
  );
  invariant(
    rowCount === 1,
    `Vendor ${vendor} is not there, or has another account than ${change.stripeAccountId}: ` +
      'expected one for good.',
  );
}
