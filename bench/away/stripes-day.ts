/** What Stripe does of its own while we are cut off, ordered at its stand-in. */
import type Stripe from 'stripe';
import { persist } from '../chaos/persist';
import type { Stage } from '../chaos/stage';
import { FORGOTTEN, stripeIdOf } from './month';
import type { Month } from './month';

const SIX_HOURS_MS = 6 * 3_600_000;
const PAGE = 100;
const DRIVEN_BY_CLOCKS = 'subscription_cycle';

async function order({ sandboxUrl }: Stage, method: string, path: string, body?: unknown) {
  const response = await fetch(`${sandboxUrl}/_sandbox/${path}`, {
    ...{ method, headers: { 'content-type': 'application/json' } },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(await response.text());
}

/** Half of its webhooks are tried again in hours only, and its drafts wait for the others. */
export async function beginDay(stage: Stage, seed: number): Promise<void> {
  const delay = { webhooks: 'delay', delayMs: SIX_HOURS_MS, times: 'always' };
  await order(stage, 'POST', 'faults', { ...delay, probability: 0.5, seed });
  await order(stage, 'POST', 'settings', { undeliveredDraft: 'waits' });
}

export async function endDay(stage: Stage): Promise<void> {
  await order(stage, 'DELETE', 'faults');
}

/** Those hours are over: every webhook that was not taken yet comes. */
export async function retryWebhooks(stage: Stage): Promise<void> {
  await order(stage, 'POST', 'deliveries/retry', {});
  await order(stage, 'POST', 'settings', { undeliveredDraft: 'finalized' });
}

export async function renewalsOf(stage: Stage, customer: string): Promise<Stripe.Invoice[]> {
  const id = await stripeIdOf(stage, customer);
  const { data } = await stage.stripe.invoices.list({ customer: id, limit: PAGE });
  return data.filter(({ billing_reason: reason }) => reason === DRIVEN_BY_CLOCKS);
}

/** As if its 72 hours were over, or another program of the account had done it. */
export function finalizeForgotten(stage: Stage): Promise<string> {
  return persist('a draft that leaves', async () => {
    const [draft] = await renewalsOf(stage, FORGOTTEN);
    if (!draft) throw new Error('it is not made yet');
    await stage.stripe.invoices.finalizeInvoice(draft.id, { auto_advance: true });
    return draft.id;
  });
}

/** Invoices of the month that left Stripe though nobody has compared them. */
export async function leftUncompared(stage: Stage, { customers }: Month): Promise<string[]> {
  const left: string[] = [];
  for (const { customer } of customers)
    for (const { id, status } of await renewalsOf(stage, customer))
      if (status !== 'draft') left.push(`${customer} ${id} ${status}`);
  return left;
}
