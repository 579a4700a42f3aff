/**
 * Changes a subscription at Stripe: its plan, its items, its end. Each change looks before it acts.
 */
import { findPlan } from '../src/core/plans/catalog';
import { hasPlan } from '../src/core/plans/catalog-version';
import type { CatalogVersion } from '../src/core/plans/catalog-version';
import {
  CATALOG_METADATA_KEY,
  NEXT_CATALOG_METADATA_KEY,
  NEXT_PLAN_FROM_METADATA_KEY,
  NEXT_PLAN_METADATA_KEY,
  PLAN_METADATA_KEY,
  subscriptionChangeKey,
} from '../src/core/ids';
import type {
  ChangedPlan,
  ChangeTime,
  SubscriptionChange,
} from '../src/core/subscription/plan-change';
import { appendAuditEntry } from '../src/db/audit-entries';
import { currentPeriodOf } from '../src/stripe/current-period';
import { paymentTerms } from '../src/stripe/payment-terms';
import { readSubscriptionWhole } from '../src/stripe/embedded-lists';
import { comingPlanOf, itemsOf, planItemsChange } from '../src/stripe/subscription-items';
import { attemptKey } from './attempt-key';
import type { StripeDeps } from './deps';
import { paying } from './payment-problem';
import { changing } from './refused-change';
import { createSoldCatalogs } from './sold-catalog';
import { refuseOtherOwner, versionsOf } from './sold-change';
import type { SeenSubscription, SoldChange } from './sold-change';
import { applyChange, endTakenBack } from './subscription-changes';
import { nothingWaits, swapBase, whatWaits } from './waiting-change';

interface ChangeRequest {
  readonly customer: string;
  readonly subscriptionId: string;
  /** The caller's own key: a repetition under it is the same change. */
  readonly request: string;
}

export interface ChangePlanRequest extends ChangeRequest {
  readonly fromPlan: string;
  readonly planId: string;
  readonly when: ChangeTime;
  /** A cancellation that waits is taken back with it. */
  readonly resume?: boolean;
  /** The version to change to. Absent means the present one if the plan stays, else today's. */
  readonly catalogVersion?: string;
  /** The version that sold the present plan, should the subscription not say. */
  readonly fromVersion?: string;
}

interface ChangeTools extends StripeDeps {
  readonly catalogs: ReturnType<typeof createSoldCatalogs>;
}

export function createPlanChangeActivities(deps: StripeDeps) {
  const { pool, stripe, catalog } = deps;
  const tools: ChangeTools = {
    ...deps,
    catalogs: createSoldCatalogs({ pool, catalog }),
  };
  return {
    changePlan: (request: ChangePlanRequest): Promise<ChangedPlan> =>
      changing(stripe, request.subscriptionId, () => changePlan(tools, request)),

    changeSubscription: async (
      request: ChangeRequest & { readonly change: SubscriptionChange },
    ): Promise<void> => {
      const { customer, subscriptionId, change } = request;
      const { subscription } = await read(tools, subscriptionId);
      await changing(stripe, subscriptionId, () =>
        applyChange(stripe, subscription, change, options(request)),
      );
      await appendAuditEntry(pool, {
        customer,
        key: subscriptionChangeKey(subscriptionId, request.request),
        kind: `subscription_${change.action}_asked`,
        detail: { ...change },
      });
    },
  };
}

/**
 * A change now invoices the difference of the base prices, or credits it to the next invoice. One
 * at the period's end leaves it to the next renewal to charge the new base price, and nothing is
 * prorated.
 */
async function changePlan(tools: ChangeTools, request: ChangePlanRequest): Promise<ChangedPlan> {
  const { customer, subscriptionId, fromPlan, planId, when } = request;
  const { current } = tools.catalogs;
  if (hasPlan(current, fromPlan) && hasPlan(current, planId))
    refuseOtherOwner(current, fromPlan, current, planId);
  const previousSubscription = await read(tools, subscriptionId);
  const soldChange = await versionsOf(tools.catalogs, request, previousSubscription);
  refuseOtherOwner(soldChange.from, fromPlan, soldChange.to, planId);
  const isNow = when === 'now';
  const isSame = planId === fromPlan && soldChange.to.version === soldChange.from.version;
  const putBack =
    isNow && !isSame
      ? await setWaitingAside(tools, request, previousSubscription, soldChange.from)
      : undefined;
  const currentSubscription = putBack ? await read(tools, subscriptionId) : previousSubscription;
  await paying(
    `The change to ${planId}`,
    await askingStripe(tools, request, { seen: currentSubscription, sold: soldChange, isSame }),
    putBack,
  );
  const { start, end } = currentPeriodOf(currentSubscription.subscription);
  const from = isNow ? start : end;
  await appendAuditEntry(tools.pool, {
    customer,
    key: subscriptionChangeKey(subscriptionId, request.request),
    kind: 'plan_change_asked',
    detail: {
      ...{ from: fromPlan, to: planId, when, effectiveFrom: from },
      ...{ fromCatalog: soldChange.from.version, toCatalog: soldChange.to.version },
    },
  });
  return { planId, when, from, catalogVersion: soldChange.to.version };
}

/** Works the change out, and asks nothing of Stripe before the answer is called. */
async function askingStripe(
  { stripe, priceBook }: ChangeTools,
  request: ChangePlanRequest,
  { seen, sold, isSame }: { seen: SeenSubscription; sold: SoldChange; isSame: boolean },
): Promise<() => Promise<void>> {
  const { subscriptionId, fromPlan, planId, when } = request;
  const { subscription, items } = seen;
  const isNow = when === 'now';
  const change = await planItemsChange(stripe, sold.to.catalog, items, { planId, isNow });
  const metadata = metadataOf(request, sold, {
    isWaiting: !isNow && !isSame,
    end: currentPeriodOf(subscription).end,
  });
  const { monthlyPriceCents: fromCents } = findPlan(sold.from.catalog, fromPlan);
  const isDearer = findPlan(sold.to.catalog, planId).monthlyPriceCents >= fromCents;
  const pricedChange = { planId, isNow, isSame, isDearer };
  return async () => {
    const terms = await paymentTerms(stripe, priceBook, subscription, pricedChange);
    const changed = change.length > 0 && { items: change };
    const resumption = request.resume && endTakenBack(subscription);
    await stripe.subscriptions.update(
      subscriptionId,
      { ...changed, metadata, ...terms, ...resumption },
      options(request),
    );
  };
}

function metadataOf(
  { fromPlan, planId, when }: ChangePlanRequest,
  { from, to }: SoldChange,
  { isWaiting, end }: { isWaiting: boolean; end: number },
) {
  const isNow = when === 'now';
  return {
    [PLAN_METADATA_KEY]: isNow ? planId : fromPlan,
    [CATALOG_METADATA_KEY]: isNow ? to.version : from.version,
    [NEXT_PLAN_METADATA_KEY]: isWaiting ? planId : '',
    [NEXT_PLAN_FROM_METADATA_KEY]: isWaiting ? String(end) : '',
    [NEXT_CATALOG_METADATA_KEY]: isWaiting ? to.version : '',
  };
}

/** An attempt begins by looking, so that the next one has a key of its own. */
const options = ({ subscriptionId, request }: ChangeRequest) => ({
  idempotencyKey: attemptKey(subscriptionChangeKey(subscriptionId, request)),
});

async function read(
  { stripe, priceBook }: ChangeTools,
  subscriptionId: string,
): Promise<SeenSubscription> {
  const subscription = await readSubscriptionWhole(stripe, subscriptionId);
  return { subscription, items: itemsOf(priceBook, subscription) };
}

/** Answers undefined where nothing waits. */
async function setWaitingAside(
  tools: ChangeTools,
  request: ChangePlanRequest,
  currentSubscription: SeenSubscription,
  soldVersion: CatalogVersion,
) {
  const { stripe, catalogs } = tools;
  const waitingPlan = comingPlanOf(currentSubscription.subscription, currentSubscription.items);
  if (!waitingPlan) return undefined;
  const named = (what: string) => options({ ...request, request: `${request.request}:${what}` });
  const own = { catalog: soldVersion.catalog, planId: request.fromPlan, metadata: nothingWaits };
  await swapBase(stripe, currentSubscription, own, named('aside'));
  return async () => {
    const { planId, catalogVersion } = waitingPlan;
    const { catalog: coming } = await catalogs.soldBy(
      [catalogVersion, soldVersion.version],
      planId,
      [],
    );
    const formerPlan = {
      catalog: coming,
      planId,
      metadata: whatWaits(currentSubscription.subscription),
    };
    await swapBase(stripe, await read(tools, request.subscriptionId), formerPlan, named('back'));
  };
}
