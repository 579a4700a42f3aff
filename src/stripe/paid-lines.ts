/** The lines of a paid invoice by whose usage they bill. */
import type Stripe from 'stripe';
import { LATE_ITEM_METADATA_KEY, LATE_TOKENS_METADATA_KEY, rateOfLateItem } from '../core/ids';
import type { PaidLine } from '../core/vendors/payout';
import type { PriceBook } from './price-book';
import { idOf } from './id-of';

const LINES_MAX = 1_000;

/** Whose rate prices it, or whose own plan it is for; null: the platform's. */
type VendorOf = (line: Stripe.InvoiceLineItem) => Promise<string | null>;

export async function paidLines(
  stripe: Stripe,
  { priceBook, vendorOf }: { readonly priceBook: PriceBook; readonly vendorOf: VendorOf },
  invoiceId: string,
): Promise<PaidLine[]> {
  const lines = await stripe.invoices
    .listLineItems(invoiceId, { limit: 100 })
    .autoPagingToArray({ limit: LINES_MAX });
  return Promise.all(
    lines.map(async (line) => ({
      vendor: await vendorOf(line),
      amountCents: netCents(line),
      tokens: await tokensOf(priceBook, line),
      periodStart: line.period.start,
      periodEnd: line.period.end,
      ...(isLate(line) && { isLate: true as const }),
    })),
  );
}

/** The rate or plan that a line bills. */
export async function meaningOfLine(
  priceBook: PriceBook,
  { metadata, pricing }: Stripe.InvoiceLineItem,
) {
  const lateItem = metadata[LATE_ITEM_METADATA_KEY];
  if (lateItem !== undefined) return { rateId: rateOfLateItem(lateItem) ?? null, planId: null };
  const price = pricing?.price_details?.price;
  return price ? priceBook.meaningOf(idOf(price)) : { rateId: null, planId: null };
}

const isLate = ({ metadata }: Stripe.InvoiceLineItem): boolean =>
  metadata[LATE_ITEM_METADATA_KEY] !== undefined;

/** A line for late usage from before release 0.2.0 does not say how many it bills. */
async function tokensOf(priceBook: PriceBook, line: Stripe.InvoiceLineItem): Promise<number> {
  if (isLate(line)) return Number(line.metadata[LATE_TOKENS_METADATA_KEY] ?? 0);
  const { rateId } = await meaningOfLine(priceBook, line);
  return rateId === null ? 0 : (line.quantity ?? 0);
}

/** Discounts and credits are taken off. Stripe tells discounts among the credits as well. */
function netCents({
  amount,
  pretax_credit_amounts: credits,
  discount_amounts: discounts,
}: Stripe.InvoiceLineItem) {
  const deductions = credits && credits.length > 0 ? credits : (discounts ?? []);
  return deductions.reduce((remainder, one) => remainder - one.amount, amount);
}
