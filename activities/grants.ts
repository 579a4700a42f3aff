/** Grants in our books, for the audit trail and for a workflow that has lost its state. */
import { appendAuditEntry } from '../src/db/audit-entries';
import { inTransaction } from '../src/db/pool';
import { insertGrant } from '../src/db/token-grants';
import type { ActivityDeps } from './deps';
import type { TokenGrant } from '../src/core/state/remembered';

export interface RecordGrantRequest {
  readonly customer: string;
  readonly grant: TokenGrant;
  readonly reason: string;
}

export function createGrantActivities({ pool }: ActivityDeps) {
  return {
    recordGrant: async ({ customer, grant, reason }: RecordGrantRequest): Promise<void> =>
      inTransaction(pool, async (client) => {
        await insertGrant(client, customer, grant, reason);
        await appendAuditEntry(client, {
          customer,
          key: `grant:${grant.id}`,
          kind: 'tokens_granted',
          detail: { ...grant, reason },
        });
      }),
  };
}
