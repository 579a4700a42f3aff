/**
 * Selling once: the row claims the caller's id, Stripe charges the customer, the row keeps what
 * came of it. It may break off anywhere; asking again finds the same sale and never charges twice.
 */
import type { Pool } from 'pg';
import type Stripe from 'stripe';
import { vendorPolicy } from '../../core/plans/catalog';
import type { Catalog } from '../../core/plans/catalog';
import { DomainError, invariant } from '../../core/errors';
import { saleAuditKey } from '../../core/ids';
import { percentOfCents } from '../../core/money';
import { assertMayReceive } from '../../core/vendors/vendor-account';
import type { KnownAccount } from '../../core/vendors/vendor-account';
import { appendAuditEntry } from '../../db/audit-entries';
import { inTransaction } from '../../db/pool';
import { findVendorCharge, insertVendorCharge, finishVendorCharge } from '../../db/vendor-charges';
import type { NewVendorCharge, VendorCharge, VendorChargeOutcome } from '../../db/vendor-charges';
import type { Vendor } from '../../db/vendors';
import { followVendorAccount } from '../../db/follow-vendor-account';
import type { ConnectedAccounts } from '../../stripe/connected-accounts';
import { chargeForVendor, readSale } from '../../stripe/destination-charge';
import { classifyStripeError } from '../../stripe/errors';
import { requireCustomer } from '../customers/customer-period';
import { asStripeProblem } from '../http/stripe-problem';
import { requireVendor } from './vendors';

export interface SaleDeps {
  readonly pool: Pool;
  readonly stripe: Stripe;
  readonly catalog: Catalog;
  readonly accounts: ConnectedAccounts;
  /** Has `payout:{charge}` take a sale into the vendor's books; one that runs reads it again. */
  readonly startPayout: (customer: string, chargeId: string) => Promise<void>;
}

export type SaleRequest = Omit<NewVendorCharge, 'vendor' | 'feeCents'>;

export interface Sold {
  readonly charge: VendorCharge;
  readonly isNew: boolean;
}

export async function sell(deps: SaleDeps, vendorId: string, request: SaleRequest): Promise<Sold> {
  const { pool, catalog } = deps;
  const vendor = await requireVendor(pool, vendorId);
  const customer = await requireCustomer(pool, request.customer);
  const { stripeCustomerId } = customer;
  if (stripeCustomerId === null) throw notAtStripe(request.customer);
  const knownCharge = await findVendorCharge(pool, vendorId, request.id);
  const isNew = !knownCharge && (await recordSale(pool, catalog, vendor, request));
  const charge = knownCharge ?? (await expectCharge(pool, vendorId, request.id));
  refuseOtherContent(charge, request);
  const settledCharge = await finish(deps, charge, vendor, stripeCustomerId);
  // Asked for again it is told again: the first time may have broken off here.
  if (settledCharge.status === 'succeeded' && settledCharge.chargeId !== null)
    await startPayout(deps, settledCharge, settledCharge.chargeId);
  return { charge: settledCharge, isNew };
}

async function startPayout(deps: SaleDeps, sale: VendorCharge, chargeId: string): Promise<void> {
  try {
    await deps.startPayout(sale.customer, chargeId);
  } catch (error) {
    throw new DomainError(
      'billing_unavailable',
      `Sale ${sale.id} of vendor ${sale.vendor} is paid (${chargeId}), and Temporal could not be ` +
        `told (${(error as Error).message}): repeat this request, which charges nothing more, so ` +
        "that it comes into the vendor's books.",
    );
  }
}

/** The fee is that of this moment, however often the sale is tried. */
async function recordSale(
  pool: Pool,
  catalog: Catalog,
  vendor: Vendor,
  request: SaleRequest,
): Promise<boolean> {
  const { feePercent } = vendorPolicy(catalog, vendor.vendor);
  assertMayReceive(vendor.vendor, vendor, SELL_AGAIN);
  const feeCents = percentOfCents(request.amountCents, feePercent);
  return insertVendorCharge(pool, { ...request, vendor: vendor.vendor, feeCents });
}

const SELL_AGAIN = 'Sell it again, under the same id,';

async function finish(
  deps: SaleDeps,
  charge: VendorCharge,
  vendor: Vendor,
  stripeCustomerId: string,
): Promise<VendorCharge> {
  if (charge.status === 'succeeded' || charge.status === 'failed') return charge;
  const outcome = await outcomeAtStripe(deps, charge, vendor, stripeCustomerId);
  await recordOutcome(deps.pool, charge, outcome);
  return expectCharge(deps.pool, charge.vendor, charge.id);
}

async function outcomeAtStripe(
  { pool, stripe, catalog, accounts }: SaleDeps,
  charge: VendorCharge,
  vendor: Vendor,
  stripeCustomerId: string,
): Promise<VendorChargeOutcome> {
  const { stripeAccountId } = vendor;
  const { paymentIntentId } = charge;
  try {
    if (charge.status === 'requires_action' && paymentIntentId !== null)
      return await readSale(stripe, paymentIntentId);
    invariant(stripeAccountId, `Vendor ${vendor.vendor} sold something without an account.`);
    return await chargeForVendor(stripe, {
      ...charge,
      stripeCustomerId,
      destination: stripeAccountId,
      currency: catalog.currency,
      firstTriedAt: charge.createdAt,
      now: new Date(),
    });
  } catch (error) {
    // Stripe may know of a restriction that we have not heard of yet.
    if (classifyStripeError(error)?.kind === 'invalid') {
      const account: KnownAccount = await followVendorAccount(pool, accounts.read, vendor.vendor);
      assertMayReceive(vendor.vendor, account, SELL_AGAIN);
    }
    throw asStripeProblem(`Sale ${charge.id} of vendor ${vendor.vendor}`, error);
  }
}

async function recordOutcome(
  pool: Pool,
  { vendor, id, customer, amountCents, feeCents }: VendorCharge,
  outcome: VendorChargeOutcome,
): Promise<void> {
  await inTransaction(pool, async (client) => {
    if (!(await finishVendorCharge(client, { vendor, id }, outcome))) return;
    await appendAuditEntry(client, {
      customer,
      key: saleAuditKey(vendor, id, outcome.status),
      kind: 'vendor_charge',
      detail: { vendor, id, amountCents, feeCents, ...outcome },
    });
  });
}

function refuseOtherContent(charge: VendorCharge, request: SaleRequest): void {
  const names = ['customer', 'amountCents', 'description'] as const;
  const differentNames = names.filter((name) => charge[name] !== request[name]);
  if (differentNames.length === 0) return;
  const differences = differentNames.map(
    (name) => `${name} ${JSON.stringify(charge[name])}, now ${JSON.stringify(request[name])}`,
  );
  throw new DomainError(
    'vendor_charge_conflict',
    `Sale ${charge.id} of vendor ${charge.vendor} was asked for with ${differences.join('; ')}. The ` +
      'same id is the same sale: give another sale an id of its own.',
  );
}

const notAtStripe = (customer: string): DomainError =>
  new DomainError(
    'customer_not_payable',
    `Customer ${customer} is not at Stripe yet: repeat PUT /v1/customers/` +
      `${encodeURIComponent(customer)}, then this request.`,
  );

async function expectCharge(pool: Pool, vendor: string, id: string): Promise<VendorCharge> {
  const charge = await findVendorCharge(pool, vendor, id);
  invariant(charge, `Sale ${id} of vendor ${vendor} vanished while it was made.`);
  return charge;
}
