/** Reading an invoice from Stripe, holding it back and letting it go. */
import { holdInvoiceKey, releaseInvoiceKey } from '../src/core/ids';
import type { Difference, InvoiceSnapshot } from '../src/core/invoice';
import { appendAuditEntry } from '../src/db/audit-entries';
import { readStripeInvoice } from '../src/stripe/invoice-snapshot';
import { createPriceBook } from '../src/stripe/price-book';
import type { ActivityDeps } from './deps';

export function createInvoiceActivities({ pool, stripe }: ActivityDeps) {
  const priceBook = createPriceBook(stripe);

  return {
    readInvoice: async (request: {
      customer: string;
      invoiceId: string;
    }): Promise<InvoiceSnapshot> =>
      (await readStripeInvoice(stripe, priceBook, request.invoiceId)).snapshot,

    /** Keeps Stripe from finalizing an invoice that differs from the ledger. */
    holdInvoice: async (request: {
      customer: string;
      invoiceId: string;
      decidedAt: number;
      differences: readonly Difference[];
    }): Promise<void> => {
      const key = holdInvoiceKey(request.invoiceId, request.decidedAt);
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

    releaseInvoice: async (request: {
      customer: string;
      invoiceId: string;
      decidedAt: number;
    }): Promise<void> => {
      const key = releaseInvoiceKey(request.invoiceId, request.decidedAt);
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
