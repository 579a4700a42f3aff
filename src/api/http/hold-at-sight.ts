/**
 * A renewal's draft is held before `invoice.created` is answered. Stripe finalizes a draft an hour
 * after that answer and waits up to 72 hours for it: while we can't hold, Stripe's own brake does.
 */
import type { Pool } from 'pg';
import type Stripe from 'stripe';
import { z } from 'zod';
import { DomainError } from '../../core/errors';
import { isFresh, isHeldAtSight } from '../../core/invoices/invoice-hold';
import type { SeenDraft } from '../../core/invoices/invoice-hold';
import type { ReceivedStripeEvent } from '../../core/state/stripe-event';
import { findCustomersOfSubscriptions } from '../../db/customers';
import { recordHold, recordPutBack } from '../../db/invoice-holds';
import { classifyStripeError } from '../../stripe/errors';
import { holdDraft } from '../../stripe/invoice-hold';
import { readStripeInvoice } from '../../stripe/invoice-snapshot';
import { createPriceBook } from '../../stripe/price-book';

/** Stripe waits for the answer to its webhook, and not for long. */
const PATIENCE = { timeout: 10_000 } as const;

const newInvoice = z.looseObject({
  id: z.string(),
  status: z.string().nullish(),
  billing_reason: z.string().nullish(),
  auto_advance: z.boolean().nullish(),
  automatically_finalizes_at: z.number().int().nullish(),
  parent: z
    .looseObject({
      subscription_details: z
        .looseObject({ subscription: z.union([z.string(), z.looseObject({ id: z.string() })]) })
        .nullish(),
    })
    .nullish(),
});
const invoiceEvent = z.looseObject({ data: z.looseObject({ object: newInvoice }) });

type NewInvoice = z.infer<typeof newInvoice>;

export type HoldAtSight = (event: ReceivedStripeEvent, now: number) => Promise<void>;

/** Rejects where Stripe must not be told yet that its event has arrived. */
export function createHoldAtSight(pool: Pool, stripe: Stripe): HoldAtSight {
  const priceBook = createPriceBook(stripe);

  /** A change of plan bills a period only where it cut one short: its lines tell. */
  async function billsUsage({ id, billing_reason: reason }: NewInvoice) {
    if (reason === 'subscription_cycle') return true;
    if (reason !== 'subscription_update') return false;
    return isHeldAtSight((await readStripeInvoice(stripe, priceBook, id)).snapshot);
  }

  return async (event, now) => {
    const invoice = draftOf(event);
    if (!invoice) return;
    const customer = await customerOf(pool, invoice);
    if (customer === undefined) return;
    const { id: invoiceId } = invoice;
    try {
      if (!(await billsUsage(invoice))) return;
      const onPutBack = () => recordPutBack(pool, customer, { invoiceId, heldAt: now });
      const draft = seenIn(event, invoice, now);
      const hold = await holdDraft(stripe, invoiceId, now, { ...PATIENCE, ...draft, onPutBack });
      if (hold) await recordHold(pool, customer, { invoiceId, hold });
    } catch (error) {
      throw notHeld(invoiceId, error);
    }
  };
}

/** An event that comes at once shows the draft as it is; after a while it is read again. */
function seenIn(
  { created }: ReceivedStripeEvent,
  { auto_advance: isAdvancing, automatically_finalizes_at: finalizesAt }: NewInvoice,
  now: number,
): { seen?: SeenDraft } {
  const isSeen =
    isAdvancing === true && typeof finalizesAt === 'number' && isFresh(created.getTime(), now);
  return isSeen ? { seen: { finalizesAt } } : {};
}

/** The draft is as it was when Stripe told of it. */
function draftOf(event: ReceivedStripeEvent): NewInvoice | undefined {
  if (event.type !== 'invoice.created' || event.stripeAccount !== null) return undefined;
  if (event.ignoredBecause !== undefined) return undefined;
  const { data } = invoiceEvent.safeParse(JSON.parse(event.payload));
  const invoice = data?.data.object;
  return invoice?.status === 'draft' ? invoice : undefined;
}

async function customerOf(pool: Pool, { parent }: NewInvoice): Promise<string | undefined> {
  const subscription = parent?.subscription_details?.subscription;
  if (!subscription) return undefined;
  const id = typeof subscription === 'string' ? subscription : subscription.id;
  return (await findCustomersOfSubscriptions(pool, [id])).get(id);
}

function notHeld(invoiceId: string, error: unknown): DomainError {
  const cause = classifyStripeError(error)?.summary ?? String(error);
  return new DomainError(
    'invoice_not_held',
    `Invoice ${invoiceId} could not be kept from being finalized: ${cause}. Stripe sends this event ` +
      'again, and does not finalize the invoice before it was taken.',
  );
}
