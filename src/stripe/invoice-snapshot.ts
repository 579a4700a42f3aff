/** An invoice as Stripe has it now, with each line's price told as our rate or base price. */
import type Stripe from 'stripe';
import { LATE_ITEM_METADATA_KEY } from '../core/ids';
import type { InvoiceLine, InvoiceSnapshot } from '../core/invoice';
import { assertObject } from './client';
import type { PriceBook } from './price-book';

const LINES_MAX = 1_000;

/** The invoice and Stripe's id of the customer whom it bills. */
export interface StripeInvoice {
  readonly snapshot: InvoiceSnapshot;
  readonly stripeCustomerId: string | null;
  readonly currency: string;
  readonly lines: readonly Stripe.InvoiceLineItem[];
}

export async function readStripeInvoice(
  stripe: Stripe,
  priceBook: PriceBook,
  invoiceId: string,
): Promise<StripeInvoice> {
  const invoice = await stripe.invoices.retrieve(invoiceId);
  assertObject(invoice, 'invoice');
  const lines = await allLines(stripe, invoice);
  const subscription = invoice.parent?.subscription_details?.subscription;
  return {
    snapshot: {
      id: invoice.id,
      subscriptionId: subscription ? idOf(subscription) : null,
      status: invoice.status ?? 'draft',
      billingReason: invoice.billing_reason,
      totalCents: invoice.total,
      amountRemainingCents: invoice.amount_remaining,
      autoAdvance: invoice.auto_advance ?? false,
      finalizesAt: invoice.automatically_finalizes_at,
      finalizedAt: invoice.status_transitions.finalized_at,
      attemptCount: invoice.attempt_count,
      nextPaymentAttempt: invoice.next_payment_attempt,
      finalizationError: invoice.last_finalization_error?.message ?? null,
      isOnTestClock: invoice.test_clock !== null,
      lines: await Promise.all(lines.map((line) => toInvoiceLine(priceBook, line))),
    },
    stripeCustomerId: invoice.customer ? idOf(invoice.customer) : null,
    currency: invoice.currency,
    lines,
  };
}

async function allLines(
  stripe: Stripe,
  invoice: Stripe.Invoice,
): Promise<Stripe.InvoiceLineItem[]> {
  if (!invoice.lines.has_more) return invoice.lines.data;
  return stripe.invoices
    .listLineItems(invoice.id, { limit: 100 })
    .autoPagingToArray({ limit: LINES_MAX });
}

export async function toInvoiceLine(
  priceBook: PriceBook,
  line: Stripe.InvoiceLineItem,
): Promise<InvoiceLine> {
  const price = line.pricing?.price_details?.price;
  const meaning = price ? await priceBook.meaningOf(idOf(price)) : { rateId: null, planId: null };
  const lateItemKey = line.metadata[LATE_ITEM_METADATA_KEY];
  return {
    // What a change of items settles is no usage of a period.
    rateId: isProration(line) ? null : meaning.rateId,
    isBase: meaning.planId !== null && !isProration(line),
    ...(isProration(line) && meaning.planId !== null && { proratedPlan: meaning.planId }),
    ...(lateItemKey !== undefined && { lateItemKey }),
    quantity: line.quantity ?? 0,
    amountCents: line.amount,
    start: line.period.start,
    end: line.period.end,
  };
}

/**
 * The plan that the last change in the period ending at `end` led to, by what Stripe charges for
 * the rest of it; undefined: there was no change, or to a plan that costs nothing in advance.
 */
export async function planChangedTo(
  priceBook: PriceBook,
  invoices: readonly Stripe.Invoice[],
  end: number,
): Promise<string | undefined> {
  const rests = invoices
    .flatMap(({ lines }) => lines.data)
    .filter((line) => isProration(line) && line.period.end === end);
  const last = Math.max(...rests.map(({ period }) => period.start));
  const cents = new Map<string, number>();
  for (const { pricing, amount, period } of rests) {
    const price = pricing?.price_details?.price;
    const planId = price ? (await priceBook.meaningOf(idOf(price))).planId : null;
    if (period.start !== last || planId === null) continue;
    // Changed twice within one second, a plan is charged and credited.
    cents.set(planId, (cents.get(planId) ?? 0) + amount);
  }
  return [...cents].find(([, charged]) => charged > 0)?.[0];
}

const isProration = ({ parent }: Stripe.InvoiceLineItem): boolean =>
  parent?.subscription_item_details?.proration ?? parent?.invoice_item_details?.proration ?? false;

/** Stripe gives references as ids, or as the objects themselves where they were asked for. */
export const idOf = (reference: string | { readonly id: string }): string =>
  typeof reference === 'string' ? reference : reference.id;
