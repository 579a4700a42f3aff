/** Reading an invoice from Stripe, holding it back and letting it go. */
import { holdInvoiceKey, releaseInvoiceKey } from '../src/core/ids';
import type { Difference, InvoiceSnapshot } from '../src/core/invoice';
import { appendAuditEntry } from '../src/db/audit-entries';
import type { NewAuditEntry } from '../src/db/audit-entries';
import { readStripeInvoice } from '../src/stripe/invoice-snapshot';
import { createPriceBook } from '../src/stripe/price-book';
import type { ActivityDeps } from './deps';

interface InvoiceDecision {
  readonly customer: string;
  readonly invoiceId: string;
  /** Unix milliseconds, by the workflow's clock. */
  readonly decidedAt: number;
}

export function createInvoiceActivities({ pool, stripe }: ActivityDeps) {
  const priceBook = createPriceBook(stripe);

  /** Whether Stripe goes on with the invoice by itself; the key tells this decision from others. */
  async function setAutoAdvance(
    { customer, invoiceId }: InvoiceDecision,
    autoAdvance: boolean,
    entry: Pick<NewAuditEntry, 'key' | 'kind' | 'detail'>,
  ): Promise<void> {
    const change = { auto_advance: autoAdvance };
    await stripe.invoices.update(invoiceId, change, { idempotencyKey: entry.key });
    await appendAuditEntry(pool, { customer, ...entry });
  }

  return {
    readInvoice: async (request: {
      customer: string;
      invoiceId: string;
    }): Promise<InvoiceSnapshot> =>
      (await readStripeInvoice(stripe, priceBook, request.invoiceId)).snapshot,

    /** Keeps Stripe from finalizing an invoice that differs from the ledger. */
    holdInvoice: (
      request: InvoiceDecision & { differences: readonly Difference[] },
    ): Promise<void> =>
      setAutoAdvance(request, false, {
        key: holdInvoiceKey(request.invoiceId, request.decidedAt),
        kind: 'invoice_held',
        detail: { invoice: request.invoiceId, differences: request.differences },
      }),

    releaseInvoice: (request: InvoiceDecision): Promise<void> =>
      setAutoAdvance(request, true, {
        key: releaseInvoiceKey(request.invoiceId, request.decidedAt),
        kind: 'invoice_released',
        detail: { invoice: request.invoiceId },
      }),
  };
}
