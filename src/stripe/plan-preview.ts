/** What a change of plan would cost at Stripe, without making it. */
import type Stripe from 'stripe';
import type { Catalog } from '../core/catalog';
import { planTerms } from '../core/catalog';
import type { ChangeTime } from '../core/plan-change';
import { createPriceBook } from './price-book';
import { currentPeriodOf } from './current-period';
import { baseItemChange, itemsOf, missingRateItems } from './subscription-items';

export interface PlanPreview {
  /** Unix seconds from which the plan's terms would hold. */
  readonly from: number;
  /** Of the base prices, for the rest of the period; 0 for a change at its end. */
  readonly dueNowCents: number;
  readonly lines: readonly { readonly description: string; readonly amountCents: number }[];
}

export async function previewPlan(
  stripe: Stripe,
  catalog: Catalog,
  subscriptionId: string,
  { planId, when }: { planId: string; when: ChangeTime },
): Promise<PlanPreview> {
  const subscription = await stripe.subscriptions.retrieve(subscriptionId);
  const { start, end } = currentPeriodOf(subscription);
  if (when === 'period_end') return { from: end, dueNowCents: 0, lines: [] };
  const items = await itemsOf(createPriceBook(stripe), subscription);
  const rateIds = planTerms(catalog, planId).rates.map(({ id }) => id);
  const change = [
    ...(await baseItemChange(stripe, catalog, items, planId)),
    ...(await missingRateItems(stripe, catalog, items, rateIds)),
  ];
  if (change.length === 0) return { from: start, dueNowCents: 0, lines: [] };
  const preview = await stripe.invoices.createPreview({
    subscription: subscriptionId,
    subscription_details: { items: change, proration_behavior: 'always_invoice' },
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
