/** The customer's invoices in their own words, with Stripe's page and document of each. */
import type Stripe from 'stripe';
import { z } from 'zod';
import type { InvoiceDocument, InvoiceDocuments } from '../../dashboard/standing';
import type { Customer } from '../../db/customers';
import { listInvoices } from '../../stripe/invoice-documents';

const INVOICES_SHOWN = 12;

export const invoicePageSchema = z.strictObject({
  after: z
    .string()
    .regex(/^in_\w{1,200}$/)
    .optional(),
});

export async function invoiceDocuments(
  stripe: Stripe,
  { stripeCustomerId }: Pick<Customer, 'stripeCustomerId'>,
  cursor: string | undefined,
): Promise<InvoiceDocuments> {
  if (stripeCustomerId === null) return { invoices: [], after: null };
  const page = await listInvoices(stripe, stripeCustomerId, {
    ...{ after: cursor, limit: INVOICES_SHOWN },
  });
  return { invoices: page.invoices.map(shown), after: page.after };
}

const REASONS: Readonly<Record<string, string>> = {
  subscription_create: 'First period',
  subscription_cycle: 'Renewal',
  subscription_update: 'Change of plan',
  manual: 'One-off',
};

const shown = (invoice: Stripe.Invoice): InvoiceDocument => ({
  id: invoice.id,
  number: invoice.number,
  createdAt: new Date(invoice.created * 1000).toISOString(),
  reason: REASONS[invoice.billing_reason ?? ''] ?? 'Invoice',
  status: invoice.status as InvoiceDocument['status'],
  currency: invoice.currency,
  totalCents: invoice.total,
  dueCents: invoice.status === 'open' ? invoice.amount_remaining : 0,
  hostedUrl: invoice.hosted_invoice_url ?? null,
  pdfUrl: invoice.invoice_pdf ?? null,
});
