/** Reading an invoice from Stripe, holding it back and letting it go. */
import type Stripe from 'stripe';
import { holdInvoiceKey, releaseInvoiceKey } from '../src/core/ids';
import type { Difference, InvoiceSnapshot } from '../src/core/invoice';
import { appendAuditEntry } from '../src/db/audit-entries';
import type { NewAuditEntry } from '../src/db/audit-entries';
import { idOf, readStripeInvoice } from '../src/stripe/invoice-snapshot';
import { vendorOfLine } from '../src/stripe/paid-lines';
import { createPriceBook } from '../src/stripe/price-book';
import { attemptKey } from './attempt-key';
import type { ActivityDeps } from './deps';

interface InvoiceDecision {
  readonly customer: string;
  readonly invoiceId: string;
  /** Unix milliseconds, by the workflow's clock. */
  readonly decidedAt: number;
}

export function createInvoiceActivities({ pool, stripe, catalog, now }: ActivityDeps) {
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
    }): Promise<InvoiceSnapshot> => {
      const read = await readStripeInvoice(stripe, priceBook, request.invoiceId);
      // Every subscription has lines for the vendors' rates: most are of nothing.
      const billed = read.lines.filter(({ amount }) => amount !== 0);
      const sellers = await Promise.all(
        billed.map((line) => vendorOfLine(catalog, priceBook, line)),
      );
      const paysVendors = sellers.some((vendor) => vendor !== null);
      return { ...read.snapshot, ...(paysVendors && { paysVendors }) };
    },

    /** Keeps Stripe from finalizing an invoice that differs from the ledger. */
    holdInvoice: (
      request: InvoiceDecision & { differences: readonly Difference[] },
    ): Promise<void> =>
      setAutoAdvance(request, false, {
        key: holdInvoiceKey(request.invoiceId, request.decidedAt),
        kind: 'invoice_held',
        detail: { invoice: request.invoiceId, differences: request.differences },
      }),

    /**
     * Stripe goes on with the invoice. Past the time at which it would have been finalized nobody
     * waits for more usage: then it is finalized now.
     */
    releaseInvoice: async (
      request: InvoiceDecision & { finalizesAt: number | null; reason: string },
    ): Promise<void> => {
      const { invoiceId, finalizesAt, reason } = request;
      await setAutoAdvance(request, true, {
        key: releaseInvoiceKey(invoiceId, request.decidedAt),
        kind: 'invoice_released',
        detail: { invoice: invoiceId, reason },
      });
      if (finalizesAt === null) return;
      const { status, test_clock } = await stripe.invoices.retrieve(invoiceId);
      if (status === 'draft' && finalizesAt * 1000 <= (await timeOf(test_clock)))
        await finalize(invoiceId);
    },

    /** Tries to finalize an invoice again that Stripe could not. */
    finalizeInvoice: async ({ invoiceId }: { customer: string; invoiceId: string }) => {
      const { status } = await stripe.invoices.retrieve(invoiceId);
      if (status === 'draft') await finalize(invoiceId);
    },
  };

  async function finalize(invoiceId: string): Promise<void> {
    await stripe.invoices.finalizeInvoice(
      invoiceId,
      { auto_advance: true },
      { idempotencyKey: attemptKey(`invoice:${invoiceId}:finalize`) },
    );
  }

  /** Unix milliseconds where the invoice's customer is. */
  async function timeOf(testClock: Stripe.Invoice['test_clock']): Promise<number> {
    if (testClock === null) return now();
    const clock = await stripe.testHelpers.testClocks.retrieve(idOf(testClock));
    return clock.frozen_time * 1000;
  }
}
