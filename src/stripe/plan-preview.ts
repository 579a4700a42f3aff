/** What a change of plan would cost at Stripe, without making it. */
import type Stripe from 'stripe';
import { DomainError } from '../core/errors';
import type { Catalog } from '../core/plans/catalog';
import { findPlan } from '../core/plans/catalog';
import type { ChangeTime } from '../core/subscription/plan-change';
import { paymentTerms } from './payment-terms';
import { createPriceBook } from './price-book';
import { currentPeriodOf } from './current-period';
import { readSubscriptionWhole } from './embedded-lists';
import { itemsOf, planItemsChange } from './subscription-items';

export interface PlanPreview {
  /** Unix seconds from which the plan's terms would hold. */
  readonly from: number;
  /** What the base prices come to for the rest of the period; 0 for a change at its end. */
  readonly dueNowCents: number;
  readonly lines: readonly { readonly description: string; readonly amountCents: number }[];
}

/** Stripe has no next invoice of these, and so no price of a change. */
const ENDED: readonly Stripe.Subscription.Status[] = ['canceled', 'incomplete_expired'];

/** Throws `subscription_not_active`. */
export async function previewPlan(
  stripe: Stripe,
  catalog: Catalog,
  subscriptionId: string,
  /** The base price of now. */
  fromCents: number,
  { planId, when }: { planId: string; when: ChangeTime },
): Promise<PlanPreview> {
  const subscription = await readSubscriptionWhole(stripe, subscriptionId);
  if (ENDED.includes(subscription.status)) throw ended(subscription);
  const { start, end } = currentPeriodOf(subscription);
  if (when === 'period_end') return { from: end, dueNowCents: 0, lines: [] };
  const priceBook = createPriceBook(stripe);
  const items = itemsOf(priceBook, subscription);
  const change = await planItemsChange(stripe, catalog, items, { planId, isNow: true });
  if (change.length === 0) return { from: start, dueNowCents: 0, lines: [] };
  const terms = await paymentTerms(stripe, priceBook, subscription, {
    ...{ planId, isNow: true, isSame: false },
    isDearer: findPlan(catalog, planId).monthlyPriceCents >= fromCents,
  });
  if (terms.proration_behavior === 'none') return { from: start, dueNowCents: 0, lines: [] };
  const preview = await stripe.invoices
    .createPreview({
      subscription: subscriptionId,
      subscription_details: { items: change, proration_behavior: 'always_invoice' },
    })
    .catch((error: unknown) => {
      // It was canceled after it was read.
      if ((error as { code?: string }).code === 'invoice_upcoming_none')
        throw ended({ id: subscriptionId, status: 'canceled' });
      throw error;
    });
  return {
    from: start,
    dueNowCents: preview.total,
    lines: preview.lines.data.map(({ description, amount }) => ({
      description: description ?? '',
      amountCents: amount,
    })),
  };
}

const ended = ({ id, status }: Pick<Stripe.Subscription, 'id' | 'status'>): DomainError =>
  new DomainError(
    'subscription_not_active',
    `The subscription ${id} is ${status} at Stripe: a change of its plan has no price. A customer ` +
      'whose subscription ended is given a new one under another customer id.',
  );
