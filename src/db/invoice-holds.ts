/** The audit entries of a hold: one each, whether the webhook or the workflow made it. */
import type { Pool } from 'pg';
import { holdInvoiceKey, releaseInvoiceKey } from '../core/ids';
import { appendAuditEntry } from './audit-entries';
import type { InvoiceHold } from '../core/state/period-state';
import type { Difference } from '../core/proof/difference-row';

export interface MadeHold {
  readonly invoiceId: string;
  readonly hold: InvoiceHold;
  /** It was held because of them; at first sight there are none. */
  readonly differences?: readonly Difference[];
}

export async function recordHold(
  pool: Pool,
  customer: string,
  { invoiceId, hold, differences = [] }: MadeHold,
): Promise<void> {
  await appendAuditEntry(pool, {
    customer,
    key: holdInvoiceKey(invoiceId, hold.at),
    kind: 'invoice_held',
    detail: { invoice: invoiceId, finalizesAt: hold.finalizesAt, differences },
  });
}

/** It was held as it became final, and so it was let go again at once. */
export const recordPutBack = (
  pool: Pool,
  customer: string,
  { invoiceId, heldAt }: { readonly invoiceId: string; readonly heldAt: number },
): Promise<void> =>
  appendAuditEntry(pool, {
    customer,
    key: releaseInvoiceKey(invoiceId, heldAt),
    kind: 'invoice_released',
    detail: { invoice: invoiceId, reason: 'it had become final as it was held' },
  });
