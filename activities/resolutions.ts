/** Writes what an operator decided about an exception into the audit trail. */
import { appendAuditEntry } from '../src/db/audit-entries';
import type { ActivityDeps } from './deps';
import type { BillingException } from '../src/core/state/remembered';
import type { Difference } from '../src/core/proof/difference-row';

export interface RecordResolutionRequest {
  readonly customer: string;
  readonly exception: BillingException;
  /** The figures at the moment of the decision. */
  readonly differences: readonly Difference[];
  /** What the difference is worth at the plan's rates: ours minus Stripe's, exact cents. */
  readonly valueCents: string;
}

export function createResolutionActivities({ pool }: ActivityDeps) {
  return {
    recordResolution: async (request: RecordResolutionRequest): Promise<void> => {
      const { customer, exception, differences, valueCents } = request;
      const { kind, subject, since, message, resolution } = exception;
      await appendAuditEntry(pool, {
        customer,
        key: `exception:${kind}:${subject}:${since}:resolved`,
        kind: 'exception_resolved',
        detail: {
          exception: { kind, subject, since, message },
          resolution,
          differences,
          valueCents,
        },
      });
    },
  };
}
