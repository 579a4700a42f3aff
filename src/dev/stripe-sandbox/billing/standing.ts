/**
 * A subscription is as its latest finalized invoice is. Paid it is well, and so it is when that
 * invoice was given up: marking it uncollectible makes a past-due subscription active, as Stripe's
 * own staff say it should (doublepost.link/guild/841573134531821608/thread/931630145700245554).
 */
import { change } from '../events';
import type { Invoice, Subscription } from '../objects';
import type { World } from '../world';

const BEHIND: ReadonlySet<string> = new Set(['incomplete', 'past_due', 'unpaid']);
const SETTLED: ReadonlySet<string> = new Set(['paid', 'uncollectible']);

export function subscriptionOf(world: World, invoice: Invoice): Subscription | undefined {
  const id = invoice.parent?.subscription_details?.subscription;
  return id === undefined ? undefined : world.store.get('subscription', id);
}

/** The subscription follows when one of its invoices was paid, voided or given up. */
export function followInvoices(world: World, subscription: Subscription): void {
  if (!BEHIND.has(subscription.status)) return;
  const latestInvoice = world.store
    .where('invoice', 'subscription', subscription.id)
    .filter(({ status }) => status !== 'draft' && status !== 'void')
    .at(-1);
  if (latestInvoice && SETTLED.has(latestInvoice.status)) setStatus(world, subscription, 'active');
}

export function setStatus(
  world: World,
  subscription: Subscription,
  status: Subscription['status'],
): void {
  change(world, 'subscription', subscription, { status }, 'customer.subscription.updated');
}
