/** Stripe's events about vendors' accounts: the account is read again, waiting payouts are told. */
import type { Pool } from 'pg';
import type { ClaimedStripeEvent } from '../db/stripe-events';
import { findVendorByAccount } from '../db/vendors';
import { followVendorAccount } from '../db/follow-vendor-account';
import type { ReadConnectedAccount } from '../db/follow-vendor-account';

export interface VendorAccountEventDeps {
  readonly pool: Pool;
  readonly readAccount: ReadConnectedAccount;
  /** Tells the payouts that wait for this vendor. */
  readonly vendorChanged: (vendor: string) => Promise<void>;
}

/** An account that is being made may not be stored yet; after this it is nobody's we know. */
const UNKNOWN_ACCOUNT_MS_MAX = 5 * 60 * 1000;

export type AccountEventOutcome =
  | { readonly status: 'forwarded' }
  | { readonly status: 'ignored' | 'waiting'; readonly reason: string };

/**
 * Whatever the event says, Stripe is asked. The payouts are told also where nothing is different:
 * the process that wrote the difference down may have died before it told them.
 */
export async function forwardAccountEvent(
  { pool, readAccount, vendorChanged }: VendorAccountEventDeps,
  { waitedMs }: ClaimedStripeEvent,
  stripeAccount: string,
): Promise<AccountEventOutcome> {
  const vendor = await findVendorByAccount(pool, stripeAccount);
  if (vendor) {
    await followVendorAccount(pool, readAccount, vendor.vendor);
    await vendorChanged(vendor.vendor);
    return { status: 'forwarded' };
  }
  return waitedMs > UNKNOWN_ACCOUNT_MS_MAX
    ? { status: 'ignored', reason: `${stripeAccount} is no vendor's account` }
    : { status: 'waiting', reason: `no vendor has the account ${stripeAccount} yet` };
}
