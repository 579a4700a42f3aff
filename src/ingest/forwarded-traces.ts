/**
 * The way of a trace across the database: rows keep their request's `traceparent`, sealing puts
 * some of its usage events' on the batch, and what is forwarded goes on with the newest.
 */
import type { Pool } from 'pg';
import type { ClaimedStripeEvent } from '../db/stripe-events';
import { readTraceparents } from '../db/usage-batches';
import { contextOf, inSpan, isTracing, linkTo } from '../traces/spans';

export interface ForwardedBatches {
  readonly customer: string;
  readonly from: number;
  readonly to: number;
}

export async function inTraceOfUsage<T>(
  pool: Pool,
  { customer, from, to }: ForwardedBatches,
  work: () => Promise<T>,
): Promise<T> {
  if (!isTracing()) return work();
  const [newestTraceparent, ...otherTraceparents] = await readTraceparents(
    pool,
    customer,
    from,
    to,
  );
  if (newestTraceparent === undefined) return work();
  return inSpan(
    'forward usage',
    {
      parent: contextOf(newestTraceparent),
      links: otherTraceparents.flatMap(linkTo),
      attributes: { 'tollkeeper.customer': customer, 'tollkeeper.batches': to - from + 1 },
    },
    work,
  );
}

export async function inTraceOfWebhook<T>(
  { id, type, traceparent }: ClaimedStripeEvent,
  work: () => Promise<T>,
): Promise<T> {
  if (!isTracing() || traceparent === null) return work();
  const attributes = { 'stripe.event.id': id, 'stripe.event.type': type };
  return inSpan('forward Stripe event', { parent: contextOf(traceparent), attributes }, work);
}
