/** What else changes about a subscription at Stripe: its end, its trial, its collection. */
import type Stripe from 'stripe';
import type { SubscriptionChange } from '../src/core/subscription/plan-change';
import { paying, resumptionUnpaid } from './payment-problem';
import { idOf } from '../src/stripe/id-of';

export function endTakenBack(
  subscription: Stripe.Subscription,
): Pick<Stripe.SubscriptionUpdateParams, 'cancel_at' | 'cancel_at_period_end'> {
  if (subscription.cancel_at_period_end) return { cancel_at_period_end: false };
  return subscription.cancel_at === null ? {} : { cancel_at: '' };
}

export async function applyChange(
  stripe: Stripe,
  subscription: Stripe.Subscription,
  change: SubscriptionChange,
  options: Stripe.RequestOptions,
): Promise<void> {
  const { id } = subscription;
  const update = async (params: Stripe.SubscriptionUpdateParams): Promise<void> =>
    void (await stripe.subscriptions.update(id, params, options));
  switch (change.action) {
    case 'cancel':
      if (subscription.status === 'canceled') return;
      if (change.when === 'period_end') return update({ cancel_at_period_end: true });
      await stripe.subscriptions.cancel(id, { invoice_now: true, prorate: false }, options);
      return;
    case 'pause':
      return update({
        pause_collection: {
          behavior: change.behavior,
          ...(change.resumesAt !== null && { resumes_at: change.resumesAt }),
        },
      });
    case 'end_trial':
      if (subscription.status !== 'trialing') return;
      return paying('The first period', () =>
        update({ trial_end: 'now', payment_behavior: 'error_if_incomplete' }),
      );
    case 'keep': {
      const takenBack = endTakenBack(subscription);
      return Object.keys(takenBack).length === 0 ? undefined : update(takenBack);
    }
    case 'resume':
      if (subscription.status === 'paused') {
        await paying('The next period', () => resumePaused(stripe, id, options));
        return;
      }
      return update({ ...endTakenBack(subscription), pause_collection: '' });
  }
}

/** A subscription that is not paid stays paused, and says so. */
async function resumePaused(
  stripe: Stripe,
  id: string,
  options: Stripe.RequestOptions,
): Promise<void> {
  const terms = { payment_behavior: 'resume_on_payment_success' } as const;
  const { status, latest_invoice: latest } = await stripe.subscriptions.resume(id, terms, options);
  if (status !== 'paused') return;
  throw resumptionUnpaid(latest ? await stripe.invoices.retrieve(idOf(latest)) : null);
}
