/** The lines of a paid invoice by whose usage they bill. */
import type Stripe from 'stripe';
import type { Catalog } from '../core/catalog';
import { LATE_ITEM_METADATA_KEY, rateOfLateItem } from '../core/ids';
import type { PaidLine } from '../core/payout';
import { idOf } from './invoice-snapshot';
import type { PriceBook } from './price-book';

const LINES_MAX = 1_000;

export async function paidLines(
  stripe: Stripe,
  { catalog, priceBook }: { readonly catalog: Catalog; readonly priceBook: PriceBook },
  invoiceId: string,
): Promise<PaidLine[]> {
  const lines = await stripe.invoices
    .listLineItems(invoiceId, { limit: 100 })
    .autoPagingToArray({ limit: LINES_MAX });
  return Promise.all(
    lines.map(async (line) => ({
      vendor: await vendorOfLine(catalog, priceBook, line),
      amountCents: netCents(line),
      tokens: (await isMetered(priceBook, line)) ? (line.quantity ?? 0) : 0,
      periodStart: line.period.start,
      periodEnd: line.period.end,
    })),
  );
}

/** Whose rate prices it, or whose own plan it is for; null: the platform's. */
export async function vendorOfLine(
  catalog: Catalog,
  priceBook: PriceBook,
  line: Stripe.InvoiceLineItem,
): Promise<string | null> {
  const { rateId, planId } = await meaningOf(priceBook, line);
  const ownPlan = catalog.plans.find(({ id }) => id === planId)?.vendor;
  if (ownPlan !== undefined) return ownPlan;
  const seller = catalog.vendors.find(({ rates }) => rateId !== null && rates.includes(rateId));
  return seller?.id ?? null;
}

async function meaningOf(priceBook: PriceBook, { metadata, pricing }: Stripe.InvoiceLineItem) {
  const late = metadata[LATE_ITEM_METADATA_KEY];
  if (late !== undefined) return { rateId: rateOfLateItem(late) ?? null, planId: null };
  const price = pricing?.price_details?.price;
  return price ? priceBook.meaningOf(idOf(price)) : { rateId: null, planId: null };
}

const isMetered = async (priceBook: PriceBook, line: Stripe.InvoiceLineItem): Promise<boolean> =>
  line.metadata[LATE_ITEM_METADATA_KEY] === undefined &&
  (await meaningOf(priceBook, line)).rateId !== null;

/** After discounts and credits. Stripe tells discounts among the credits as well. */
function netCents({
  amount,
  pretax_credit_amounts: credits,
  discount_amounts: discounts,
}: Stripe.InvoiceLineItem) {
  const taken = credits && credits.length > 0 ? credits : (discounts ?? []);
  return taken.reduce((left, one) => left - one.amount, amount);
}
