/**
 * Bringing a vendor's account about: our row, the connected account at Stripe, its contact. It may
 * break off anywhere; asking again goes on from there and never makes a second account.
 */
import type { Logger } from 'pino';
import type { Pool } from 'pg';
import { findCatalogVendor } from '../../core/plans/catalog';
import type { Catalog } from '../../core/plans/catalog';
import { DomainError, invariant } from '../../core/errors';
import { vendorAuditSubject } from '../../core/ids';
import { appendAuditEntry } from '../../db/audit-entries';
import { inTransaction } from '../../db/pool';
import { findVendor, insertVendor, updateVendorAccount } from '../../db/vendors';
import type { Vendor } from '../../db/vendors';
import { followVendorAccount } from '../../db/follow-vendor-account';
import type { ConnectedAccounts } from '../../stripe/connected-accounts';
import { asStripeProblem } from '../http/stripe-problem';

export interface VendorProvisioningDeps {
  readonly pool: Pool;
  readonly catalog: Catalog;
  readonly accounts: ConnectedAccounts;
  /** Tells the payouts that wait for this vendor. */
  readonly vendorChanged: (vendor: string) => Promise<void>;
  readonly log: Pick<Logger, 'warn'>;
}

export interface VendorRequest {
  readonly email: string;
  /** Absent: as it is; at first the catalog's. */
  readonly name?: string | null;
  /** Absent: as it is; at first US. */
  readonly country?: string;
}

const USUAL_COUNTRY = 'US';

export async function provisionVendor(
  deps: VendorProvisioningDeps,
  id: string,
  request: VendorRequest,
): Promise<{ readonly vendor: Vendor; readonly isNew: boolean }> {
  const { pool, catalog, accounts } = deps;
  const { name: usualName } = findCatalogVendor(catalog, id);
  try {
    const { email, name = usualName, country = USUAL_COUNTRY } = request;
    const isNew = await insertVendor(pool, { vendor: id, email, name, country });
    await continueVendor(deps, await expectVendor(pool, id), request);
    const vendor = await followVendorAccount(pool, accounts.read, id);
    await tellPayouts(deps, id);
    return { vendor, isNew };
  } catch (error) {
    throw asStripeProblem(`Vendor ${id}`, error);
  }
}

async function continueVendor(
  deps: VendorProvisioningDeps,
  row: Vendor,
  request: VendorRequest,
): Promise<void> {
  const { pool } = deps;
  const contact = {
    email: request.email,
    name: request.name === undefined ? row.name : request.name,
  };
  if (row.stripeAccountId === null) {
    await createAccount(deps, row, { ...contact, country: request.country ?? row.country });
    return;
  }
  refuseOtherCountry(row, request);
  if (contact.email === row.email && contact.name === row.name) return;
  // Stripe first: should our row not follow, the next request still sees the difference.
  if (row.deauthorizedAt === null) await describe(deps, row.vendor, row.stripeAccountId, contact);
  await updateVendorAccount(pool, row.vendor, contact);
}

/** The account's id is stored last: until then the next request repeats all of this. */
async function createAccount(
  deps: VendorProvisioningDeps,
  row: Vendor,
  contact: Pick<Vendor, 'email' | 'name' | 'country'>,
): Promise<void> {
  const { vendor } = row;
  const account = await deps.accounts.create({
    vendor,
    country: contact.country,
    // A try with another country may have made one: we look before making another.
    firstTriedAt: contact.country === row.country ? row.createdAt : new Date(0),
    now: new Date(),
  });
  await describe(deps, vendor, account.stripeAccountId, contact);
  await inTransaction(deps.pool, async (client) => {
    await updateVendorAccount(client, vendor, { ...contact, ...account });
    await appendAuditEntry(client, {
      customer: vendorAuditSubject(vendor),
      key: `vendor:${vendor}:created`,
      kind: 'vendor_account_created',
      detail: { country: contact.country, ...account },
    });
  });
}

async function describe(
  { accounts, log }: VendorProvisioningDeps,
  vendor: string,
  stripeAccountId: string,
  contact: Pick<Vendor, 'email' | 'name'>,
): Promise<void> {
  if (await accounts.describe(stripeAccountId, contact)) return;
  log.warn({ vendor, stripeAccountId }, 'Stripe did not take the contact for the account');
}

/** Temporal may be down: the next event of the account, or the next such request, tells them. */
async function tellPayouts({ vendorChanged, log }: VendorProvisioningDeps, vendor: string) {
  try {
    await vendorChanged(vendor);
  } catch (error) {
    log.warn({ vendor, err: error }, 'waiting payouts were not told of their vendor');
  }
}

function refuseOtherCountry({ vendor, country }: Vendor, request: VendorRequest): void {
  if (request.country === undefined || request.country === country) return;
  throw new DomainError(
    'vendor_conflict',
    `Vendor ${vendor} has an account in ${country}, the request says ${request.country}. An ` +
      "account's country can't be changed: leave country out.",
    { country },
  );
}

async function expectVendor(pool: Pool, id: string): Promise<Vendor> {
  const vendor = await findVendor(pool, id);
  invariant(vendor, `Vendor ${id} vanished while it was made.`);
  return vendor;
}
