/** Holding a draft at Stripe, with the mark that says that it is ours, and lifting the hold. */
import type Stripe from 'stripe';
import { HOLD_METADATA_KEY } from '../core/ids';
import { holdMark, readHoldMark } from '../core/invoices/invoice-hold';
import type { InvoiceHold } from '../core/state/period-state';

/**
 * The hold that the draft is under, this one or one of ours from before; null: it does not advance
 * by itself, so there is nothing to hold. The update sets a state, and repeated changes nothing: it
 * has no key of ours, because Stripe would answer that with a stored failure for a day.
 */
export async function holdDraft(
  stripe: Stripe,
  invoiceId: string,
  now: number,
  options: Stripe.RequestOptions = {},
): Promise<InvoiceHold | null> {
  const { status, ...invoice } = await stripe.invoices.retrieve(invoiceId, {}, options);
  // An open invoice is not to be kept from being collected.
  if (status !== 'draft') return null;
  if (!invoice.auto_advance) return readHoldMark(invoice.metadata?.[HOLD_METADATA_KEY]) ?? null;
  const hold = { at: now, finalizesAt: invoice.automatically_finalizes_at };
  const metadata = { [HOLD_METADATA_KEY]: holdMark(hold) };
  await stripe.invoices.update(invoiceId, { auto_advance: false, metadata }, options);
  return hold;
}

/** Stripe goes on with it, unless there is nothing to go on with any more. */
export async function liftHold(
  stripe: Stripe,
  invoiceId: string,
): Promise<Stripe.Invoice | undefined> {
  const invoice = await stripe.invoices.retrieve(invoiceId);
  if (invoice.status !== 'draft' && invoice.status !== 'open') return undefined;
  const metadata = { [HOLD_METADATA_KEY]: '' };
  return stripe.invoices.update(invoiceId, { auto_advance: true, metadata });
}
