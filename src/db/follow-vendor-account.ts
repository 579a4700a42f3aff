/**
 * Following a vendor's account: Stripe is asked again, and what is different is written down. No
 * connection is held meanwhile, so an answer may be older than one that was written in between:
 * then Stripe is asked once more, and the older answer never has the last word.
 */
import type { Pool, PoolClient } from 'pg';
import { invariant } from '../core/errors';
import { vendorAccountChangeKey, vendorAuditSubject } from '../core/ids';
import { accountChanges } from '../core/vendors/vendor-account';
import type { ConnectedAccount } from '../core/vendors/vendor-account';
import { appendAuditEntry } from './audit-entries';
import { inTransaction } from './pool';
import { lockVendor } from './vendor-lock';
import { countAccountReading, findVendor, updateVendorAccount } from './vendors';
import type { Vendor } from './vendors';

/** null: Stripe does not show it to us any more. */
export type ReadConnectedAccount = (stripeAccountId: string) => Promise<ConnectedAccount | null>;

/** Each time somebody else's answer was written, so this one comes to its end. */
const READINGS_MAX = 20;

export async function followVendorAccount(
  pool: Pool,
  readAccount: ReadConnectedAccount,
  vendor: string,
): Promise<Vendor> {
  for (let readings = 1; readings <= READINGS_MAX; readings += 1) {
    const known = await expectVendor(pool, vendor);
    if (known.stripeAccountId === null) return known;
    const seen = await readAccount(known.stripeAccountId);
    const written = await writeDown(pool, known, seen);
    if (written) return written;
  }
  throw new Error(
    `The account of vendor ${vendor} was read ${READINGS_MAX} times, and each time another answer ` +
      'was written meanwhile: it is tried again.',
  );
}

/** undefined: another answer was written since `known`, and this one may be older. */
function writeDown(
  pool: Pool,
  before: Vendor,
  seen: ConnectedAccount | null,
): Promise<Vendor | undefined> {
  const { vendor } = before;
  return inTransaction(pool, async (client) => {
    await lockVendor(client, vendor);
    const known = await expectVendor(client, vendor);
    if (known.accountReadings !== before.accountReadings) return undefined;
    // A reading that changes nothing counts, too: whatever began before it is older.
    await countAccountReading(client, vendor);
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

async function expectVendor(db: Pool | PoolClient, vendor: string): Promise<Vendor> {
  const known = await findVendor(db, vendor);
  invariant(known, `Vendor ${vendor} vanished while its account was read.`);
  return known;
}
