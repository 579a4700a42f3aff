/**
 * Lists that Stripe embeds in an object show its first entries only: here they are read to their
 * end. A subscription that has more items than are shown would seem to lack them.
 */
import type Stripe from 'stripe';
import { assertObject } from './client';

const ITEMS_MAX = 1_000;
const LINES_MAX = 1_000;
const PAGE = 100;

export async function readSubscriptionWhole(
  stripe: Stripe,
  id: string,
  expand: readonly string[] = [],
): Promise<Stripe.Subscription> {
  const query = expand.length === 0 ? {} : { expand: [...expand] };
  const subscription = await stripe.subscriptions.retrieve(id, query);
  assertObject(subscription, 'subscription');
  if (!subscription.items.has_more) return subscription;
  const data = await stripe.subscriptionItems
    .list({ subscription: id, limit: PAGE })
    .autoPagingToArray({ limit: ITEMS_MAX });
  return Object.assign(subscription, {
    items: { ...subscription.items, data, has_more: false },
  });
}

export async function allLines(
  stripe: Stripe,
  invoice: Stripe.Invoice,
): Promise<Stripe.InvoiceLineItem[]> {
  if (!invoice.lines.has_more) return invoice.lines.data;
  return stripe.invoices
    .listLineItems(invoice.id, { limit: PAGE })
    .autoPagingToArray({ limit: LINES_MAX });
}

/** One after the other: few invoices have so many lines. */
export async function withAllLines(
  stripe: Stripe,
  invoices: readonly Stripe.Invoice[],
): Promise<Stripe.Invoice[]> {
  const wholeInvoices: Stripe.Invoice[] = [];
  for (const invoice of invoices) {
    const data = await allLines(stripe, invoice);
    wholeInvoices.push(
      Object.assign(invoice, { lines: { ...invoice.lines, data, has_more: false } }),
    );
  }
  return wholeInvoices;
}
