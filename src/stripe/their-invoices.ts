/** Invoices of whoever bills a subscription today, as an import compares them. Only read. */
import type Stripe from 'stripe';
import type { TheirInvoice, TheirLine } from '../core/adoption/side-by-side';
import { allLines } from './embedded-lists';
import { idOf } from './id-of';

/** Two years of months. */
const INVOICES_MAX = 24;

/** Drafts are left out: they are not what was billed. */
export async function readTheirInvoices(
  stripe: Stripe,
  subscription: string,
): Promise<TheirInvoice[]> {
  const invoices = await stripe.invoices
    .list({ subscription, limit: INVOICES_MAX })
    .autoPagingToArray({ limit: INVOICES_MAX });
  const theirs: TheirInvoice[] = [];
  for (const invoice of invoices) {
    if (invoice.status === 'draft') continue;
    const lines = await allLines(stripe, invoice);
    theirs.push({
      id: invoice.id,
      status: invoice.status ?? '',
      totalCents: invoice.total,
      discountCents: sumOf(invoice.total_discount_amounts),
      taxCents: sumOf(invoice.total_taxes?.filter(({ tax_behavior: how }) => how === 'exclusive')),
      lines: lines.map(lineOf),
    });
  }
  return theirs;
}

const sumOf = (amounts: readonly { readonly amount: number }[] | null | undefined): number =>
  (amounts ?? []).reduce((total, { amount }) => total + amount, 0);

function lineOf({
  pricing,
  parent,
  description,
  amount,
  period,
}: Stripe.InvoiceLineItem): TheirLine {
  const price = pricing?.price_details?.price;
  return {
    priceId: price ? idOf(price) : null,
    description: description ?? 'without a description',
    amountCents: amount,
    isProration:
      parent?.subscription_item_details?.proration ??
      parent?.invoice_item_details?.proration ??
      false,
    period: { start: period.start, end: period.end },
  };
}
