/** Telling customers and apps: into the outbox, from where `src/notify` delivers it. */
import { usageThresholdKey } from '../src/core/ids';
import { usageThresholdData } from '../src/core/notification';
import type { UsageThresholdFact } from '../src/core/notification';
import { appendAuditEntry } from '../src/db/audit-entries';
import { insertNotification } from '../src/db/notifications';
import type { Channel } from '../src/db/notifications';
import { inTransaction } from '../src/db/pool';
import type { ActivityDeps } from './deps';

export interface NotifyRequest {
  readonly customer: string;
  readonly type: 'usage.threshold_reached';
  readonly fact: UsageThresholdFact;
  readonly channels: readonly Channel[];
  /** Unix milliseconds, by the workflow's clock. */
  readonly decidedAt: number;
}

export function createNotificationActivities({ pool, catalog }: ActivityDeps) {
  return {
    /** Outbox and audit trail have it both or neither; told again, it is there already. */
    notify: async (request: NotifyRequest): Promise<void> => {
      const { customer, type, fact, channels } = request;
      const key = usageThresholdKey(fact);
      const decidedAt = new Date(request.decidedAt);
      const data = usageThresholdData(catalog, fact);
      await inTransaction(pool, async (client) => {
        const notification = { type, data };
        const isNew = await insertNotification(client, {
          ...{ key, customer, notification, channels, decidedAt },
        });
        if (!isNew) return;
        await appendAuditEntry(client, {
          ...{ customer, key, kind: 'usage_threshold_reached' },
          detail: { ...data, channels },
        });
      });
    },
  };
}
