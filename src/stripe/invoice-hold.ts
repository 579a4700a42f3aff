/** Holding a draft at Stripe, with the mark that says that it is ours, and lifting the hold. */
import type Stripe from 'stripe';
import { HOLD_METADATA_KEY } from '../core/ids';
import { holdMark, readHoldMark } from '../core/invoices/invoice-hold';
import type { SeenDraft } from '../core/invoices/invoice-hold';
import type { InvoiceHold } from '../core/state/period-state';
import { classifyStripeError } from './errors';

interface HoldOptions extends Stripe.RequestOptions {
  /** The draft as it was read a moment ago, advancing: it is held without reading it again. */
  readonly seen?: SeenDraft;
  /** It had become final, and goes on being collected. */
  readonly onPutBack?: () => Promise<void>;
}

/**
 * The hold that the draft is under, this one or one of ours from before; null: it does not advance
 * by itself, so there is nothing to hold. The update sets a state, and repeated changes nothing: it
 * has no key of ours, because Stripe would answer that with a stored failure for a day.
 */
export async function holdDraft(
  stripe: Stripe,
  invoiceId: string,
  now: number,
  { seen, onPutBack, ...options }: HoldOptions = {},
): Promise<InvoiceHold | null> {
  if (seen) {
    const hold = { at: now, finalizesAt: seen.finalizesAt };
    const held = await unlessRefused(() => markHeld(stripe, invoiceId, hold, options));
    if (held?.status === 'draft') return hold;
    // It has become final meanwhile: it goes on being collected, which we have just stopped.
    if (held?.status === 'open') {
      await putBack(stripe, invoiceId, options);
      await onPutBack?.();
    }
    if (held) return null;
  }
  const { status, ...invoice } = await stripe.invoices.retrieve(invoiceId, {}, options);
  // An open invoice is not to be kept from being collected.
  if (status !== 'draft') return null;
  if (!invoice.auto_advance) return readHoldMark(invoice.metadata?.[HOLD_METADATA_KEY]) ?? null;
  const hold = { at: now, finalizesAt: invoice.automatically_finalizes_at };
  await markHeld(stripe, invoiceId, hold, options);
  return hold;
}

/** Stripe goes on with it; undefined says that there is nothing to go on with any more. */
export async function liftHold(
  stripe: Stripe,
  invoiceId: string,
): Promise<Stripe.Invoice | undefined> {
  const lifted = await unlessRefused(() => putBack(stripe, invoiceId));
  if (lifted) return isAdvancing(lifted) ? lifted : undefined;
  // What is paid or void takes no such change; it would be refused once more if it is neither.
  const invoice = await stripe.invoices.retrieve(invoiceId);
  return isAdvancing(invoice) ? putBack(stripe, invoiceId) : undefined;
}

const isAdvancing = ({ status }: Stripe.Invoice): boolean =>
  status === 'draft' || status === 'open';

const markHeld = (
  stripe: Stripe,
  invoiceId: string,
  hold: InvoiceHold,
  options: Stripe.RequestOptions,
): Promise<Stripe.Invoice> => {
  const metadata = { [HOLD_METADATA_KEY]: holdMark(hold) };
  return stripe.invoices.update(invoiceId, { auto_advance: false, metadata }, options);
};

const putBack = (
  stripe: Stripe,
  invoiceId: string,
  options: Stripe.RequestOptions = {},
): Promise<Stripe.Invoice> => {
  const metadata = { [HOLD_METADATA_KEY]: '' };
  return stripe.invoices.update(invoiceId, { auto_advance: true, metadata }, options);
};

/** undefined: Stripe says of the invoice, as it is now, that it can't be done. */
async function unlessRefused<T>(update: () => Promise<T>): Promise<T | undefined> {
  try {
    return await update();
  } catch (error) {
    if (classifyStripeError(error)?.kind === 'invalid') return undefined;
    throw error;
  }
}
