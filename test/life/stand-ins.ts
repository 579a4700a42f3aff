/** What takes the place of our database and of Temporal's activity context in these tests. */
import type { CatalogVersion } from '../../src/core/plans/catalog-version';
import { recoveredBilling, remember, rememberedOf } from './remembered';
import { currentActivity } from './activity-context';

export interface Person {
  readonly customer: string;
  readonly subscriptionId: string;
  readonly stripeCustomerId: string;
  readonly plan: string;
  readonly autoUpgrade: boolean;
}

/** What `src/db/customers` finds in these tests. */
export const people = new Map<string, Person>();

export const activityModule = {
  activityInfo: () => currentActivity(),
  Context: { current: () => ({ heartbeat: () => undefined }) },
};

export const customersModule = {
  findCustomer: async (_pool: unknown, customer: string) => {
    const person = people.get(customer);
    // All of their subscriptions is ours to bill.
    return person && { ...person, billedFrom: null };
  },
};

export const formerSubscriptionsModule = {
  replaceSubscription: async (_pool: unknown, { customer, subscriptionId, plan }: Person) => {
    people.set(customer, { ...(people.get(customer) as Person), subscriptionId, plan });
    return true;
  },
};

export const auditModule = {
  appendAuditEntry: async (
    _db: unknown,
    entry: { customer: string } & Parameters<typeof remember>[1],
  ) => remember(entry.customer, entry),
  findAuditDetail: async (_db: unknown, customer: string, key: string) =>
    rememberedOf(customer).entries.find((entry) => entry.key === key)?.detail,
};

export const periodsModule = { listBillingPeriods: async () => [] };

/** Nobody sells in these lives. */
export const vendorsModule = { readBooksOfCharge: async () => [] };

/** Catalogs that were sold from, newest last. */
export const catalogs = new Map<string, CatalogVersion>();

export const catalogVersionsModule = {
  storeCatalogVersion: async (_pool: unknown, sold: CatalogVersion) =>
    void catalogs.set(sold.version, sold),
  findCatalogVersion: async (_pool: unknown, version: string) => catalogs.get(version),
  listCatalogVersions: async () => [...catalogs.values()].reverse(),
};

export const recoveredModule = {
  readRecoveredBilling: async (_pool: unknown, customer: string) => recoveredBilling(customer),
};

export const projectionModule = {
  recordReport: async (pool: unknown, entry: Parameters<typeof auditModule.appendAuditEntry>[1]) =>
    auditModule.appendAuditEntry(pool, entry),
  recordPeriods: async () => undefined,
};
