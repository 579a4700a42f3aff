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
    const row = await expectVendor(pool, vendor);
    if (row.stripeAccountId === null) return row;
    const account = await readAccount(row.stripeAccountId);
    const newRow = await writeDown(pool, row, account);
    if (newRow) return newRow;
  }
  throw new Error(
    `The account of vendor ${vendor} was read ${READINGS_MAX} times, and each time another answer ` +
      'was written meanwhile: it is tried again.',
  );
}

/** undefined means that another answer was written since `previousRow`: this one may be older. */
function writeDown(
  pool: Pool,
  previousRow: Vendor,
  account: ConnectedAccount | null,
): Promise<Vendor | undefined> {
  const { vendor } = previousRow;
  return inTransaction(pool, async (client) => {
    await lockVendor(client, vendor);
    const row = await expectVendor(client, vendor);
    if (row.accountReadings !== previousRow.accountReadings) return undefined;
    // A reading that changes nothing counts, too: whatever began before it is older.
    await countAccountReading(client, vendor);
    const change = accountChanges(row, account, new Date());
    if (Object.keys(change).length === 0) return row;
    await updateVendorAccount(client, vendor, change);
    await appendAuditEntry(client, {
      customer: vendorAuditSubject(vendor),
      key: vendorAccountChangeKey(vendor, row.updatedAt.getTime()),
      kind: 'vendor_account_changed',
      detail: { stripeAccountId: row.stripeAccountId, ...change },
    });
    return { ...row, ...change };
  });
}

async function expectVendor(db: Pool | PoolClient, vendor: string): Promise<Vendor> {
  const row = await findVendor(db, vendor);
  invariant(row, `Vendor ${vendor} vanished while its account was read.`);
  return row;
}
