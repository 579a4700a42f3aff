/**
 * Tells customers and apps: what they are told goes into the outbox, and `src/notify` delivers it.
 */
import type { Catalog } from '../src/core/plans/catalog';
import { dunningData, noticeName } from '../src/core/dunning/dunning-notice';
import type { DunningFact } from '../src/core/dunning/dunning-notice';
import { dunningNoticeKey, usageThresholdKey } from '../src/core/ids';
import { usageThresholdData } from '../src/core/dunning/notification';
import type { Notification, UsageThresholdFact } from '../src/core/dunning/notification';
import { appendAuditEntry } from '../src/db/audit-entries';
import { insertNotification } from '../src/db/notifications';
import type { Channel } from '../src/db/notifications';
import { inTransaction } from '../src/db/pool';
import type { ActivityDeps } from './deps';

export type NotifyRequest = NotifyOf<'usage.threshold_reached', UsageThresholdFact>;
export type NotifyDunningRequest = NotifyOf<'dunning', DunningFact>;

interface NotifyOf<Type, Fact> {
  readonly customer: string;
  readonly type: Type;
  readonly fact: Fact;
  readonly channels: readonly Channel[];
  /** Unix milliseconds, by the workflow's clock. */
  readonly decidedAt: number;
}

interface Message {
  readonly key: string;
  /** The kind of the audit entry. */
  readonly kind: string;
  readonly notification: Notification;
}

export function createNotificationActivities({ pool, catalog }: ActivityDeps) {
  return {
    /** Outbox and audit trail have it both or neither; a repetition finds it there already. */
    notify: async (request: NotifyRequest | NotifyDunningRequest): Promise<void> => {
      const { customer, channels } = request;
      const { key, kind, notification } = messageOf(catalog, request);
      const decidedAt = new Date(request.decidedAt);
      await inTransaction(pool, async (client) => {
        const isNew = await insertNotification(client, {
          ...{ key, customer, notification, channels, decidedAt },
        });
        if (!isNew) return;
        await appendAuditEntry(client, {
          ...{ customer, key, kind },
          detail: { ...notification.data, channels },
        });
      });
    },
  };
}

function messageOf(catalog: Catalog, request: NotifyRequest | NotifyDunningRequest): Message {
  if (request.type === 'usage.threshold_reached') {
    const { type, fact } = request;
    return {
      key: usageThresholdKey(fact),
      kind: 'usage_threshold_reached',
      notification: { type, data: usageThresholdData(catalog, fact) },
    };
  }
  const { fact } = request;
  return {
    key: dunningNoticeKey(fact.invoiceId, noticeName(fact)),
    kind: fact.type.replace('.', '_'),
    notification: { type: fact.type, data: dunningData(catalog, fact) },
  };
}
