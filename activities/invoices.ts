/** Reading an invoice from Stripe, holding it back and letting it go. */
import type Stripe from 'stripe';
import { holdInvoiceKey, releaseInvoiceKey } from '../src/core/ids';
import type { Difference, InvoiceLine, InvoiceSnapshot } from '../src/core/invoice';
import { appendAuditEntry } from '../src/db/audit-entries';
import { assertObject } from '../src/stripe/client';
import type { PriceBook } from '../src/stripe/price-book';
import { createPriceBook } from '../src/stripe/price-book';
import type { ActivityDeps } from './deps';
import { idOf } from './subscriptions';

const LINES_MAX = 1_000;

export function createInvoiceActivities({ pool, stripe }: ActivityDeps) {
  const priceBook = createPriceBook(stripe);

  async function allLines(invoice: Stripe.Invoice): Promise<Stripe.InvoiceLineItem[]> {
    if (!invoice.lines.has_more) return invoice.lines.data;
    return stripe.invoices
      .listLineItems(invoice.id, { limit: 100 })
      .autoPagingToArray({ limit: LINES_MAX });
  }

  return {
    readInvoice: async (request: {
      customer: string;
      invoiceId: string;
    }): Promise<InvoiceSnapshot> => {
      const invoice = await stripe.invoices.retrieve(request.invoiceId);
      assertObject(invoice, 'invoice');
      const lines = await allLines(invoice);
      const subscription = invoice.parent?.subscription_details?.subscription;
      return {
        id: invoice.id,
        subscriptionId: subscription ? idOf(subscription) : null,
        status: invoice.status ?? 'draft',
        billingReason: invoice.billing_reason,
        totalCents: invoice.total,
        autoAdvance: invoice.auto_advance ?? false,
        lines: await Promise.all(lines.map((line) => toInvoiceLine(priceBook, line))),
      };
    },

    /** Keeps Stripe from finalizing an invoice that differs from the ledger. */
    holdInvoice: async (request: {
      customer: string;
      invoiceId: string;
      differences: readonly Difference[];
    }): Promise<void> => {
      const key = holdInvoiceKey(request.invoiceId);
      await stripe.invoices.update(
        request.invoiceId,
        { auto_advance: false },
        { idempotencyKey: key },
      );
      await appendAuditEntry(pool, {
        customer: request.customer,
        key,
        kind: 'invoice_held',
        detail: { invoice: request.invoiceId, differences: request.differences },
      });
    },

    releaseInvoice: async (request: { customer: string; invoiceId: string }): Promise<void> => {
      const key = releaseInvoiceKey(request.invoiceId);
      await stripe.invoices.update(
        request.invoiceId,
        { auto_advance: true },
        { idempotencyKey: key },
      );
      await appendAuditEntry(pool, {
        customer: request.customer,
        key,
        kind: 'invoice_released',
        detail: { invoice: request.invoiceId },
      });
    },
  };
}

export async function toInvoiceLine(
  priceBook: PriceBook,
  line: Stripe.InvoiceLineItem,
): Promise<InvoiceLine> {
  const price = line.pricing?.price_details?.price;
  const meaning = price ? await priceBook.meaningOf(idOf(price)) : { rateId: null, isBase: false };
  const isProration = line.parent?.subscription_item_details?.proration ?? false;
  return {
    rateId: meaning.rateId,
    isBase: meaning.isBase && !isProration,
    quantity: line.quantity ?? 0,
    amountCents: line.amount,
    start: line.period.start,
    end: line.period.end,
  };
}
