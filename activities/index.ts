/**
 * The outside capabilities of the workflows, each thin and idempotent. `createActivities` binds
 * them to their connections; workflows import the type only.
 */
import type { ActivityDeps } from './deps';
import { createDunningActivities, createGiveUpActivities } from './dunning';
import { createGrantActivities } from './grants';
import { createInvoiceActivities } from './invoices';
import { createLateItemActivities, createLateWriteOffActivities } from './late-usage';
import { createMeterActivities } from './meters';
import { createMoneyBackActivities } from './money-back';
import { createNotificationActivities } from './notifications';
import { createPayoutReadingActivities } from './payouts';
import { createPeriodActivities } from './periods';
import { createPlanChangeActivities } from './plan-changes';
import { createRecountActivities } from './recounts';
import { createResolutionActivities } from './resolutions';
import { createReconciliationActivities } from './reconciliation';
import { createSignalledUsageActivities } from './signalled-usage';
import { createSubscriptionActivities } from './subscriptions';
import { createShareMovementActivities } from './share-movements';
import { callingStripe } from './stripe-failure';
import { createUsageActivities } from './usage';
import { createVendorBookActivities } from './vendor-books';

export type { ActivityDeps } from './deps';

/** Those that touch only our database: task queue `billing`. */
export function createLedgerActivities(deps: ActivityDeps) {
  return {
    ...createUsageActivities(deps),
    ...createPeriodActivities(deps),
    ...createNotificationActivities(deps),
    ...createRecountActivities(deps),
    ...createGrantActivities(deps),
    ...createLateWriteOffActivities(deps),
    ...createResolutionActivities(deps),
    ...createDunningActivities(deps),
    ...createVendorBookActivities(deps),
    ...createSignalledUsageActivities(deps),
  };
}

/** Those that call Stripe: task queue `stripe`, with its errors classified. */
export function createStripeActivities(deps: ActivityDeps) {
  return withStripeFailures({
    ...createSubscriptionActivities(deps),
    ...createInvoiceActivities(deps),
    ...createMeterActivities(deps),
    ...createPlanChangeActivities(deps),
    ...createLateItemActivities(deps),
    ...createMoneyBackActivities(deps),
    ...createGiveUpActivities(deps),
    ...createReconciliationActivities(deps),
    ...createPayoutReadingActivities(deps),
    ...createShareMovementActivities(deps),
  });
}

/** Each activity as it was, but a failed Stripe call fails as the error table says. */
function withStripeFailures<T extends Record<string, (request: never) => Promise<unknown>>>(
  activities: T,
): T {
  const wrapped = Object.entries(activities).map(([name, activity]) => [
    name,
    (request: never) => callingStripe(() => activity(request)),
  ]);
  return Object.fromEntries(wrapped) as T;
}

export function createActivities(deps: ActivityDeps) {
  return { ...createLedgerActivities(deps), ...createStripeActivities(deps) };
}

export type Activities = ReturnType<typeof createActivities>;
