/**
 * Following a vendor's account: Stripe is asked again, and what is different is written down. Under
 * a lock, so that of two who ask the one with the older answer cannot have the last word.
 */
import type { Pool } from 'pg';
import { invariant } from '../core/errors';
import { vendorAccountChangeKey, vendorAuditSubject } from '../core/ids';
import { accountChanges } from '../core/vendor-account';
import type { ConnectedAccount } from '../core/vendor-account';
import { appendAuditEntry } from './audit-entries';
import { inTransaction } from './pool';
import { lockVendor } from './vendor-lock';
import { findVendor, updateVendorAccount } from './vendors';
import type { Vendor } from './vendors';

/** null: Stripe does not show it to us any more. */
export type ReadConnectedAccount = (stripeAccountId: string) => Promise<ConnectedAccount | null>;

export async function followVendorAccount(
  pool: Pool,
  readAccount: ReadConnectedAccount,
  vendor: string,
): Promise<Vendor> {
  return inTransaction(pool, async (client) => {
    await lockVendor(client, vendor);
    const known = await findVendor(client, vendor);
    invariant(known, `Vendor ${vendor} vanished while its account was read.`);
    if (known.stripeAccountId === null) return known;
    const seen = await readAccount(known.stripeAccountId);
    const change = accountChanges(known, seen, new Date());
    if (Object.keys(change).length === 0) return known;
    await updateVendorAccount(client, vendor, change);
    await appendAuditEntry(client, {
      customer: vendorAuditSubject(vendor),
      key: vendorAccountChangeKey(vendor, known.updatedAt.getTime()),
      kind: 'vendor_account_changed',
      detail: { stripeAccountId: known.stripeAccountId, ...change },
    });
    return { ...known, ...change };
  });
}
