/**
 * Puts late usage onto a draft at Stripe, as a line; and into our books, where it is written off.
 */
import { LATE_ITEM_METADATA_KEY, LATE_TOKENS_METADATA_KEY } from '../src/core/ids';
import { describeLateItem } from '../src/core/invoices/late-item-text';
import { appendAuditEntry } from '../src/db/audit-entries';
import { classifyStripeError, unlessGone } from '../src/stripe/errors';
import { createOnce } from '../src/stripe/create-once';
import type { ActivityDeps } from './deps';
import type { LateItem } from '../src/core/state/period-state';

export interface LateItemRequest {
  readonly customer: string;
  readonly stripeCustomerId: string;
  readonly invoiceId: string;
  readonly item: LateItem;
}

export function createLateItemActivities({ pool, stripe, catalog, now }: ActivityDeps) {
  return {
    /** False when the invoice is no draft any more: the item waits for the next one. */
    addLateItem: async (request: LateItemRequest): Promise<boolean> => {
      const { customer, stripeCustomerId, invoiceId, item } = request;
      try {
        await createOnce({
          idempotencyKey: item.key,
          // A step before this one may have made it, for all we know, or a run that was reset: we
          // look first.
          firstTriedAt: new Date(0),
          now: new Date(now()),
          find: async () => {
            const items = await stripe.invoiceItems
              .list({ invoice: invoiceId, limit: 100 })
              .autoPagingToArray({ limit: 1_000 });
            return (
              items.find(({ metadata }) => metadata?.[LATE_ITEM_METADATA_KEY] === item.key) ?? null
            );
          },
          create: (options) =>
            stripe.invoiceItems.create(
              {
                customer: stripeCustomerId,
                invoice: invoiceId,
                amount: item.amountCents,
                currency: catalog.currency,
                description: describeLateItem(item),
                period: { start: item.periodStart, end: item.periodEnd },
                // A correction is of cents that were due: no coupon makes it less.
                ...(item.correctionCents && { discountable: false }),
                metadata: {
                  [LATE_ITEM_METADATA_KEY]: item.key,
                  [LATE_TOKENS_METADATA_KEY]: String(item.tokens),
                },
              },
              options,
            ),
        });
      } catch (error) {
        if (await isNoDraft(invoiceId, error)) return false;
        throw error;
      }
      await appendAuditEntry(pool, {
        customer,
        key: item.key,
        kind: 'late_usage_invoiced',
        detail: { ...item, invoiceId },
      });
      return true;
    },
  };

  async function isNoDraft(invoiceId: string, error: unknown): Promise<boolean> {
    if (classifyStripeError(error)?.kind !== 'invalid') return false;
    return (await unlessGone(() => stripe.invoices.retrieve(invoiceId)))?.status !== 'draft';
  }
}

export function createLateWriteOffActivities({ pool }: ActivityDeps) {
  return {
    writeOffLate: async (request: { customer: string; item: LateItem }): Promise<void> => {
      const { customer, item } = request;
      await appendAuditEntry(pool, {
        customer,
        key: item.key,
        kind: 'late_usage_written_off',
        detail: { ...item },
      });
    },
  };
}
