/**
 * The outside capabilities of the workflows, each thin and idempotent. `createActivities` binds
 * them to their connections; workflows import the type only.
 */
import { createPriceBook } from '../src/stripe/price-book';
import { createCheckoutActivities } from './checkout';
import { createCatalogRolloutActivities } from './catalog-rollout';
import type { RolloutDeps } from './catalog-rollout';
import type { ActivityDeps } from './deps';
import { createDunningActivities, createGiveUpActivities } from './dunning';
import { createGrantActivities } from './grants';
import { createImportRecordActivities } from './import-records';
import type { ImportDeps } from './import-records';
import { createImportStripeActivities } from './imports';
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
import { createLostEventActivities } from './lost-events';
import { createSignalledUsageActivities } from './signalled-usage';
import { createSubscriptionItemActivities } from './subscription-items';
import { createSubscriptionActivities } from './subscriptions';
import { createSuccessionActivities } from './succession';
import { createShareMovementActivities } from './share-movements';
import { recording } from './record-failure';
import { callingStripe } from './stripe-failure';
import { createUsageActivities } from './usage';
import { createVendorBookActivities } from './vendor-books';

export type { ActivityDeps } from './deps';

/** These touch only our database: task queue `billing`. */
export function createLedgerActivities(deps: ActivityDeps) {
  return wrapped(recording, {
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
  });
}

/** These call Stripe: task queue `stripe`, with its errors classified. */
export function createStripeActivities(activityDeps: ActivityDeps) {
  const deps = { ...activityDeps, priceBook: createPriceBook(activityDeps.stripe) };
  return wrapped(callingStripe, {
    ...createSubscriptionActivities(deps),
    ...createInvoiceActivities(deps),
    ...createMeterActivities(deps),
    ...createPlanChangeActivities(deps),
    ...createSubscriptionItemActivities(deps),
    ...createSuccessionActivities(deps),
    ...createLateItemActivities(deps),
    ...createImportStripeActivities(deps),
    ...createMoneyBackActivities(deps),
    ...createCheckoutActivities(deps),
    ...createGiveUpActivities(deps),
    ...createLostEventActivities(deps),
    ...createPayoutReadingActivities(deps),
    ...createShareMovementActivities(deps),
  });
}

/** These belong to rollouts, which ask customers' workflows: task queue `billing`. */
export const createRolloutActivities = (deps: RolloutDeps) =>
  wrapped(recording, createCatalogRolloutActivities(deps));

export type RolloutActivities = ReturnType<typeof createRolloutActivities>;

/** These belong to imports, which ask customers' workflows: task queue `billing`. */
export const createImportActivities = (deps: ImportDeps) =>
  wrapped(recording, createImportRecordActivities(deps));

export type ImportActivities = ReturnType<typeof createImportActivities>;

/** Each activity stays as it was, but what fails in it fails as `failing` says. */
function wrapped<T extends Record<string, (request: never) => Promise<unknown>>>(
  failing: (call: () => Promise<unknown>) => Promise<unknown>,
  activities: T,
): T {
  const all = Object.entries(activities).map(([name, activity]) => [
    name,
    (request: never) => failing(() => activity(request)),
  ]);
  return Object.fromEntries(all) as T;
}

export function createActivities(deps: ActivityDeps) {
  return { ...createLedgerActivities(deps), ...createStripeActivities(deps) };
}

export type Activities = ReturnType<typeof createActivities>;
