/** Vendors' shares: what was paid for and moved at Stripe. */
import type Stripe from 'stripe';
import type { PayoutFacts, PayoutSale } from '../src/core/vendors/payout-facts';
import type { PaidCharge, PaidLine, VendorShare } from '../src/core/vendors/payout';
import { splitCharge } from '../src/core/vendors/payout-split';
import { mayReceiveTransfers } from '../src/core/vendors/vendor-account';
import type { MadeTransfer } from '../src/core/vendors/vendor-books';
import { findCustomer } from '../src/db/customers';
import { followVendorAccount } from '../src/db/follow-vendor-account';
import { findVendor, listVendors } from '../src/db/vendors';
import { madeTransfer, transfersOf } from '../src/stripe/charge-transfers';
import { createConnectedAccounts } from '../src/stripe/connected-accounts';
import { unlessGone } from '../src/stripe/errors';
import { chargesOfInvoice, paidCharge, readCharge } from '../src/stripe/paid-charges';
import { paidLines } from '../src/stripe/paid-lines';
import { createClocks, timeAt } from '../src/stripe/test-clocks';
import type { StripeDeps } from './deps';
import { createSellers } from './sellers';
import { idOf } from '../src/stripe/id-of';
import type { VendorPolicy } from '../src/core/plans/catalog';

export interface PayoutRequest {
  readonly customer: string;
  /** An invoice, or the charge of a one-off sale. */
  readonly source: string;
}

interface PayoutTools extends StripeDeps {
  readonly sellers: ReturnType<typeof createSellers>;
  readonly clocks: ReturnType<typeof createClocks>;
  readonly connected: ReturnType<typeof createConnectedAccounts>;
}

export function createPayoutReadingActivities(deps: StripeDeps) {
  const tools: PayoutTools = {
    ...deps,
    sellers: createSellers(deps),
    clocks: createClocks(deps.stripe),
    connected: createConnectedAccounts(deps.stripe),
  };
  return {
    readPayout: (request: PayoutRequest): Promise<PayoutFacts> => readPayout(tools, request),
  };
}

async function readPayout(
  tools: PayoutTools,
  { customer, source }: PayoutRequest,
): Promise<PayoutFacts> {
  const { stripe, priceBook, sellers } = tools;
  const isInvoice = source.startsWith('in_');
  const charges = await unlessGone(async () =>
    isInvoice ? chargesOfInvoice(stripe, source) : [await readCharge(stripe, source)],
  );
  const subject = { customer, invoiceId: isInvoice ? source : null };
  if (!charges)
    return { ...subject, sales: [], now: await customerNow(tools, customer), isGone: true };
  const vendorOf = await sellers.sellersTo(customer);
  const lines = isInvoice ? await paidLines(stripe, { priceBook, vendorOf }, source) : [];
  const accounts = await accountsOfVendors(tools);
  const sales: PayoutSale[] = [];
  let earlierCents = 0;
  for (const charge of charges) {
    sales.push(await readSale(tools, charge, { lines, earlierCents, accounts }));
    earlierCents += charge.amount;
  }
  const vendors = sales.flatMap(({ shares }) => shares.map(({ vendor }) => vendor));
  await readAccounts(tools, vendors);
  return { ...subject, sales, now: await customerNow(tools, customer) };
}

async function customerNow({ pool, clocks, now }: PayoutTools, customer: string): Promise<number> {
  const clock = (await findCustomer(pool, customer))?.testClock ?? null;
  return Math.floor((await timeAt(clocks, clock, new Date(now()))).getTime() / 1000);
}

/** A webhook that was lost would leave a payout waiting for what was settled long ago. */
async function readAccounts(
  { pool, connected }: PayoutTools,
  vendors: readonly string[],
): Promise<void> {
  for (const vendor of new Set(vendors)) {
    const knownVendor = await findVendor(pool, vendor);
    if (knownVendor && !mayReceiveTransfers(knownVendor))
      await followVendorAccount(pool, connected.read, vendor);
  }
}

async function accountsOfVendors({ pool }: PayoutTools): Promise<ReadonlyMap<string, string>> {
  const vendors = await listVendors(pool);
  return new Map(vendors.map(({ stripeAccountId, vendor }) => [stripeAccountId ?? '', vendor]));
}

async function readSale(
  { stripe, sellers }: PayoutTools,
  charge: Stripe.Charge,
  sale: {
    lines: readonly PaidLine[];
    earlierCents: number;
    accounts: ReadonlyMap<string, string>;
  },
): Promise<PayoutSale> {
  const paid = await paidCharge(stripe, charge);
  const transfers = await Promise.all(
    (await transfersOf(stripe, charge)).flatMap((transfer) => {
      const vendor = sale.accounts.get(transfer.destination ? idOf(transfer.destination) : '');
      return vendor === undefined ? [] : madeTransfer(stripe, charge, transfer, vendor);
    }),
  );
  const automatic = transfers.find(({ id }) => charge.transfer && id === idOf(charge.transfer));
  if (automatic) {
    const policy = await sellers.policyOf(automatic.vendor);
    const share = soldByStripe(policy, paid, { lines: sale.lines, transfer: automatic });
    return { charge: paid, transfers, shares: [share] };
  }
  const vendors = new Set(sale.lines.flatMap(({ vendor }) => vendor ?? []));
  const policies = await Promise.all([...vendors].map(sellers.policyOf));
  const { shares } = splitCharge(paid, sale.lines, policies, sale.earlierCents);
  return { charge: paid, transfers, shares: shares.filter(({ grossCents }) => grossCents > 0) };
}

/** Stripe has passed a destination charge on by itself, less our fee. */
function soldByStripe(
  policy: VendorPolicy,
  charge: PaidCharge,
  { lines, transfer }: { lines: readonly PaidLine[]; transfer: MadeTransfer },
): VendorShare {
  const shareCents = transfer.amountCents - (transfer.applicationFee?.amountCents ?? 0);
  const { chargeId, amountCents, paidAt } = charge;
  return {
    ...{ vendor: policy.vendor, chargeId, feeOnRefund: policy.feeOnRefund },
    ...{ grossCents: amountCents, feeCents: amountCents - shareCents, shareCents },
    tokens: lines.reduce((sum, { tokens }) => sum + tokens, 0),
    periodStart: Math.min(...(lines.length > 0 ? lines.map((one) => one.periodStart) : [paidAt])),
    periodEnd: Math.max(...(lines.length > 0 ? lines.map((one) => one.periodEnd) : [paidAt])),
    // The vendor has it already.
    releaseAt: paidAt,
  };
}
