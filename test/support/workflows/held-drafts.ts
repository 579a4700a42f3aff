/** Drafts of a fake world that are held and let go, as Stripe and our activities do it. */
import type { Activities } from '../../../activities';
import type { InvoiceSnapshot } from '../../../src/core/invoices/invoice-snapshot';

interface WithDrafts {
  readonly invoices: Map<string, InvoiceSnapshot>;
  readonly held: string[];
  readonly released: string[];
}

export const heldDrafts = (
  world: WithDrafts,
): Pick<Activities, 'holdInvoice' | 'releaseInvoice'> => ({
  holdInvoice: async ({ invoiceId, decidedAt: at }) => {
    const invoice = world.invoices.get(invoiceId);
    if (invoice?.status !== 'draft') return null;
    if (!invoice.autoAdvance) return invoice.hold ?? null;
    const hold = { at, finalizesAt: invoice.finalizesAt };
    world.invoices.set(invoiceId, { ...invoice, autoAdvance: false, hold });
    world.held.push(invoiceId);
    return hold;
  },
  releaseInvoice: async ({ invoiceId }) => {
    const invoice = world.invoices.get(invoiceId);
    if (invoice?.status !== 'draft') return;
    const released = { ...invoice, autoAdvance: true };
    delete released.hold;
    world.invoices.set(invoiceId, released);
    world.released.push(invoiceId);
  },
});
