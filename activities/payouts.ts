/** Vendors' shares: what was paid for and moved at Stripe. */
import type Stripe from 'stripe';
import { vendorPolicy } from '../src/core/catalog';
import type { PayoutFacts, PayoutSale } from '../src/core/payout-facts';
import type { PaidCharge, PaidLine, VendorPolicy, VendorShare } from '../src/core/payout';
import { splitCharge } from '../src/core/payout-split';
import { mayReceiveTransfers } from '../src/core/vendor-account';
import type { MadeTransfer } from '../src/core/vendor-books';
import { findCustomer } from '../src/db/customers';
import { followVendorAccount } from '../src/db/follow-vendor-account';
import { findVendor, listVendors } from '../src/db/vendors';
import { madeTransfer, transfersOf } from '../src/stripe/charge-transfers';
import { createConnectedAccounts } from '../src/stripe/connected-accounts';
import { idOf } from '../src/stripe/invoice-snapshot';
import { chargesOfInvoice, paidCharge, readCharge } from '../src/stripe/paid-charges';
import { paidLines } from '../src/stripe/paid-lines';
import { createPriceBook } from '../src/stripe/price-book';
import { createClocks } from '../src/stripe/test-clocks';
import type { ActivityDeps } from './deps';

export interface PayoutRequest {
  readonly customer: string;
  /** An invoice, or the charge of a one-off sale. */
  readonly source: string;
}

export function createPayoutReadingActivities({ pool, stripe, catalog, now }: ActivityDeps) {
  const priceBook = createPriceBook(stripe);
  const clocks = createClocks(stripe);
  const connected = createConnectedAccounts(stripe);

  async function customerNow(customer: string): Promise<number> {
    const clock = (await findCustomer(pool, customer))?.testClock ?? null;
    return Math.floor((clock === null ? now() : (await clocks.now(clock)).getTime()) / 1000);
  }

  return {
    readPayout: async ({ customer, source }: PayoutRequest): Promise<PayoutFacts> => {
      const isInvoice = source.startsWith('in_');
      const charges = isInvoice
        ? await chargesOfInvoice(stripe, source)
        : [await readCharge(stripe, source)];
      const lines = isInvoice ? await paidLines(stripe, { catalog, priceBook }, source) : [];
      const accounts = await accountsOfVendors();
      const sales: PayoutSale[] = [];
      let earlierCents = 0;
      for (const charge of charges) {
        sales.push(await readSale(charge, { lines, earlierCents, accounts }));
        earlierCents += charge.amount;
      }
      await readAccounts(sales.flatMap(({ shares }) => shares.map(({ vendor }) => vendor)));
      return {
        ...{ customer, sales },
        invoiceId: isInvoice ? source : null,
        now: await customerNow(customer),
      };
    },
  };

  /** A webhook that was lost would leave a payout waiting for what was settled long ago. */
  async function readAccounts(vendors: readonly string[]): Promise<void> {
    for (const vendor of new Set(vendors)) {
      const known = await findVendor(pool, vendor);
      if (known && !mayReceiveTransfers(known))
        await followVendorAccount(pool, connected.read, vendor);
    }
  }

  async function accountsOfVendors(): Promise<ReadonlyMap<string, string>> {
    const vendors = await listVendors(pool);
    return new Map(vendors.map(({ stripeAccountId, vendor }) => [stripeAccountId ?? '', vendor]));
  }

  async function readSale(
    charge: Stripe.Charge,
    of: {
      lines: readonly PaidLine[];
      earlierCents: number;
      accounts: ReadonlyMap<string, string>;
    },
  ): Promise<PayoutSale> {
    const paid = await paidCharge(stripe, charge);
    const transfers = await Promise.all(
      (await transfersOf(stripe, charge)).flatMap((transfer) => {
        const vendor = of.accounts.get(transfer.destination ? idOf(transfer.destination) : '');
        return vendor === undefined ? [] : madeTransfer(stripe, charge, transfer, vendor);
      }),
    );
    const automatic = transfers.find(({ id }) => charge.transfer && id === idOf(charge.transfer));
    if (automatic) {
      const policy = vendorPolicy(catalog, automatic.vendor);
      const share = soldByStripe(policy, paid, { lines: of.lines, transfer: automatic });
      return { charge: paid, transfers, shares: [share] };
    }
    const policies = [...new Set(of.lines.flatMap(({ vendor }) => vendor ?? []))].map((vendor) =>
      vendorPolicy(catalog, vendor),
    );
    const { shares } = splitCharge(paid, of.lines, policies, of.earlierCents);
    return { charge: paid, transfers, shares: shares.filter(({ grossCents }) => grossCents > 0) };
  }
}

/** A destination charge: Stripe has passed it on by itself, less our fee. */
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
    // It is with the vendor already.
    releaseAt: paidAt,
  };
}
