/** Changing a subscription at Stripe: its plan, its items, its end. Each looks before it acts. */
import { ApplicationFailure } from '@temporalio/common';
import type Stripe from 'stripe';
import { planTerms } from '../src/core/catalog';
import type { Catalog } from '../src/core/catalog';
import { DomainError } from '../src/core/errors';
import {
  NEXT_PLAN_FROM_METADATA_KEY,
  NEXT_PLAN_METADATA_KEY,
  PLAN_METADATA_KEY,
  subscriptionChangeKey,
} from '../src/core/ids';
import { assertSameOwner } from '../src/core/plan-change';
import type { ChangedPlan, ChangeTime, SubscriptionChange } from '../src/core/plan-change';
import { appendAuditEntry } from '../src/db/audit-entries';
import { currentPeriodOf } from '../src/stripe/current-period';
import { createPriceBook } from '../src/stripe/price-book';
import { baseItemChange, itemsOf, missingRateItems } from '../src/stripe/subscription-items';
import { attemptKey } from './attempt-key';
import type { ActivityDeps } from './deps';

interface ChangeRequest {
  readonly customer: string;
  readonly subscriptionId: string;
  /** The caller's own key: the same change asked for again is the same change. */
  readonly request: string;
}

export interface ChangePlanRequest extends ChangeRequest {
  readonly fromPlan: string;
  readonly planId: string;
  readonly when: ChangeTime;
}

export function createPlanChangeActivities({ pool, stripe, catalog }: ActivityDeps) {
  const priceBook = createPriceBook(stripe);

  /** An attempt begins by looking, so that the next one has a key of its own. */
  const options = ({ subscriptionId, request }: ChangeRequest) => ({
    idempotencyKey: attemptKey(subscriptionChangeKey(subscriptionId, request)),
  });

  async function read(subscriptionId: string) {
    const subscription = await stripe.subscriptions.retrieve(subscriptionId);
    return { subscription, items: await itemsOf(priceBook, subscription) };
  }

  return {
    /**
     * Now: the difference of the base prices is invoiced, or credited to the next invoice. At the
     * period's end: the next renewal charges the new base price, and nothing is prorated.
     */
    changePlan: async (request: ChangePlanRequest): Promise<ChangedPlan> => {
      const { customer, subscriptionId, fromPlan, planId, when } = request;
      refuseOtherOwner(catalog, fromPlan, planId);
      const { subscription, items } = await read(subscriptionId);
      const { start, end } = currentPeriodOf(subscription);
      const isNow = when === 'now';
      const rateIds = isNow ? planTerms(catalog, planId).rates.map(({ id }) => id) : [];
      const change = [
        ...(await baseItemChange(stripe, catalog, items, planId)),
        ...(await missingRateItems(stripe, catalog, items, rateIds)),
      ];
      const isBack = !isNow && planId === fromPlan;
      const metadata = {
        [PLAN_METADATA_KEY]: isNow ? planId : fromPlan,
        [NEXT_PLAN_METADATA_KEY]: isNow || isBack ? '' : planId,
        [NEXT_PLAN_FROM_METADATA_KEY]: isNow || isBack ? '' : String(end),
      };
      await stripe.subscriptions.update(
        subscriptionId,
        { ...(change.length > 0 && { items: change }), metadata, ...prorationOf(request) },
        options(request),
      );
      const from = isNow ? start : end;
      await appendAuditEntry(pool, {
        customer,
        key: subscriptionChangeKey(subscriptionId, request.request),
        kind: 'plan_change_asked',
        detail: { from: fromPlan, to: planId, when, effectiveFrom: from },
      });
      return { planId, when, from };
    },

    changeSubscription: async (
      request: ChangeRequest & { readonly change: SubscriptionChange },
    ): Promise<void> => {
      const { customer, subscriptionId, change } = request;
      const { subscription } = await read(subscriptionId);
      await applyChange(stripe, subscription, change, options(request));
      await appendAuditEntry(pool, {
        customer,
        key: subscriptionChangeKey(subscriptionId, request.request),
        kind: `subscription_${change.action}_asked`,
        detail: { ...change },
      });
    },

    /** Items of the rates that periods are billed by: every one of them, and no other. */
    arrangeItems: async (request: {
      readonly customer: string;
      readonly subscriptionId: string;
      readonly missing: readonly string[];
      readonly superfluous: readonly string[];
    }): Promise<void> => {
      const { subscriptionId, missing, superfluous } = request;
      const { items } = await read(subscriptionId);
      const added = await missingRateItems(stripe, catalog, items, missing);
      const removed = items
        .filter(({ rateId }) => rateId !== null && superfluous.includes(rateId))
        .map(({ id }) => ({ id, deleted: true as const }));
      if (added.length + removed.length === 0) return;
      await stripe.subscriptions.update(
        subscriptionId,
        { items: [...added, ...removed], proration_behavior: 'none' },
        options({ ...request, request: `items:${[...missing, ...superfluous].join('+')}` }),
      );
    },
  };
}

/** Whoever asked: no repetition mends it. */
function refuseOtherOwner(catalog: Catalog, fromPlan: string, planId: string): void {
  try {
    assertSameOwner(catalog, fromPlan, planId);
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    throw ApplicationFailure.nonRetryable(error.message, error.code);
  }
}

/** Dearer: paid at once. Cheaper: a credit on the next invoice. Later: neither. */
function prorationOf({
  when,
  fromPlan,
  planId,
}: ChangePlanRequest): Pick<Stripe.SubscriptionUpdateParams, 'proration_behavior'> {
  // The plan of now again: a change to come is taken back, whose price nobody has paid.
  const isChange = when === 'now' && planId !== fromPlan;
  return { proration_behavior: isChange ? 'always_invoice' : 'none' };
}

function endTakenBack(
  subscription: Stripe.Subscription,
): Pick<Stripe.SubscriptionUpdateParams, 'cancel_at' | 'cancel_at_period_end'> {
  if (subscription.cancel_at_period_end) return { cancel_at_period_end: false };
  return subscription.cancel_at === null ? {} : { cancel_at: '' };
}

async function applyChange(
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
      return subscription.status === 'trialing' ? update({ trial_end: 'now' }) : undefined;
    case 'resume':
      if (subscription.status === 'paused') {
        await stripe.subscriptions.resume(id, {}, options);
        return;
      }
      return update({ ...endTakenBack(subscription), pause_collection: '' });
  }
}
