/** What takes the place of our database and of Temporal's activity context in these tests. */
import { currentActivity } from './temporal-in-memory';

export interface Person {
  readonly customer: string;
  readonly subscriptionId: string;
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
  findCustomer: async (_pool: unknown, customer: string) => people.get(customer),
};

export const auditModule = { appendAuditEntry: async () => undefined };

/** Nobody sells in these lives. */
export const vendorsModule = { readBooksOfCharge: async () => [] };

export const recoveredModule = {
  readRecoveredBilling: async () => ({ archivedUntil: null, reports: [], grants: [] }),
};

export const projectionModule = {
  recordStatement: async () => undefined,
  recordPeriods: async () => undefined,
};
