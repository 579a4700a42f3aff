/** An invoice as Stripe has it now, with each line's price told as our rate or base price. */
import type Stripe from 'stripe';
import { HOLD_METADATA_KEY, LATE_ITEM_METADATA_KEY } from '../core/ids';
import { readHoldMark } from '../core/invoices/invoice-hold';
import { assertObject } from './client';
import { allLines } from './embedded-lists';
import { DISCOUNT_EXPANSIONS, discountsOf, discountsOfLine } from './invoice-discounts';
import { unlessGone } from './errors';
import type { PriceBook } from './price-book';
import { idOf } from './id-of';
import type { InvoiceLine, InvoiceSnapshot } from '../core/invoices/invoice-snapshot';

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
  return wholeInvoice(stripe, priceBook, await retrieve(stripe, invoiceId));
}

/** undefined: Stripe has no such invoice any more. Of a price that is missing it is refused. */
export async function findStripeInvoice(
  stripe: Stripe,
  priceBook: PriceBook,
  invoiceId: string,
): Promise<StripeInvoice | undefined> {
  const invoice = await unlessGone(() => retrieve(stripe, invoiceId));
  return invoice && wholeInvoice(stripe, priceBook, invoice);
}

const retrieve = (stripe: Stripe, invoiceId: string): Promise<Stripe.Invoice> =>
  stripe.invoices.retrieve(invoiceId, { expand: DISCOUNT_EXPANSIONS });

async function wholeInvoice(
  stripe: Stripe,
  priceBook: PriceBook,
  invoice: Stripe.Invoice,
): Promise<StripeInvoice> {
  assertObject(invoice, 'invoice');
  const lines = await allLines(stripe, invoice);
  const subscription = invoice.parent?.subscription_details?.subscription;
  const hold = readHoldMark(invoice.metadata?.[HOLD_METADATA_KEY]);
  const discounts = discountsOf(invoice);
  const toLine = async (line: Stripe.InvoiceLineItem): Promise<InvoiceLine> => ({
    ...(await toInvoiceLine(priceBook, line)),
    ...(discounts.discounts && discountsOfLine(line, isProration(line))),
  });
  return {
    snapshot: {
      id: invoice.id,
      subscriptionId: subscription ? idOf(subscription) : null,
      status: invoice.status ?? 'draft',
      billingReason: invoice.billing_reason,
      totalCents: invoice.total,
      subtotalCents: beforeDiscounts(invoice, lines),
      amountRemainingCents: invoice.amount_remaining,
      autoAdvance: invoice.auto_advance ?? false,
      ...(hold && { hold }),
      finalizesAt: invoice.automatically_finalizes_at,
      finalizedAt: invoice.status_transitions.finalized_at,
      periodEnd: invoice.period_end,
      ...(invoice.due_date !== null && { dueAt: invoice.due_date }),
      attemptCount: invoice.attempt_count,
      nextPaymentAttempt: invoice.next_payment_attempt,
      finalizationError: invoice.last_finalization_error?.message ?? null,
      isOnTestClock: invoice.test_clock !== null,
      lines: await Promise.all(lines.map(toLine)),
      ...discounts,
    },
    stripeCustomerId: invoice.customer ? idOf(invoice.customer) : null,
    currency: invoice.currency,
    lines,
  };
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
    id: line.id,
    ...(line.description !== null && { description: line.description }),
    isBase: meaning.planId !== null && !isProration(line),
    ...(meaning.planId !== null && { planId: meaning.planId }),
    ...unitAmountOf(line),
    ...(isProration(line) && meaning.planId !== null && { proratedPlan: meaning.planId }),
    ...(lateItemKey !== undefined && { lateItemKey }),
    quantity: line.quantity ?? 0,
    amountCents: line.amount,
    start: line.period.start,
    end: line.period.end,
  };
}

function unitAmountOf({ pricing }: Stripe.InvoiceLineItem): { unitAmount?: string } {
  const unitAmount = pricing?.unit_amount_decimal?.toString();
  return unitAmount === undefined ? {} : { unitAmount };
}

type Discounted = Pick<Stripe.Invoice, 'subtotal' | 'discounts'>;

/**
 * Stripe's subtotal is after discounts on single lines, and before those on the whole invoice;
 * amounts of lines are before both. A proration may name a discount that is over by now, and that
 * the subtotal leaves out.
 */
export function beforeDiscounts(
  { subtotal, discounts }: Discounted,
  lines: readonly Pick<Stripe.InvoiceLineItem, 'amount' | 'discount_amounts'>[],
): number {
  if (lines.reduce((sum, { amount }) => sum + amount, 0) === subtotal) return subtotal;
  const onInvoice = discounts.map(idOf);
  return lines
    .flatMap((line) => line.discount_amounts ?? [])
    .filter(({ discount }) => !onInvoice.includes(idOf(discount)))
    .reduce((sum, { amount }) => sum + amount, subtotal);
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
  const lastStart = Math.max(...rests.map(({ period }) => period.start));
  const cents = new Map<string, number>();
  for (const { pricing, amount, period } of rests) {
    const price = pricing?.price_details?.price;
    const planId = price ? (await priceBook.meaningOf(idOf(price))).planId : null;
    if (period.start !== lastStart || planId === null) continue;
    // Changed twice within one second, a plan is charged and credited.
    cents.set(planId, (cents.get(planId) ?? 0) + amount);
  }
  return [...cents].find(([, chargedCents]) => chargedCents > 0)?.[0];
}

const isProration = ({ parent }: Stripe.InvoiceLineItem): boolean =>
  parent?.subscription_item_details?.proration ?? parent?.invoice_item_details?.proration ?? false;
