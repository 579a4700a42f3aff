/** What dunning needs of the outside: the catalog's schedule, and the final action at Stripe. */
import { activityInfo } from '@temporalio/activity';
import type { DunningPolicy, GiveUpAction } from '../src/core/catalog';
import { dunningNoticeKey } from '../src/core/ids';
import { appendAuditEntry } from '../src/db/audit-entries';
import type { DunningOutcome } from '../src/core/dunning';
import { findCustomer } from '../src/db/customers';
import type { ActivityDeps } from './deps';

export interface GiveUpRequest {
  readonly customer: string;
  readonly invoiceId: string;
  readonly action: GiveUpAction;
}

export interface RecordDunningRequest {
  readonly customer: string;
  readonly invoiceId: string;
  readonly outcome: DunningOutcome;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** Touching our own database and catalog only. */
export function createDunningActivities({ pool, catalog }: ActivityDeps) {
  return {
    readDunningPolicy: async (_request: { customer: string }): Promise<DunningPolicy> =>
      catalog.dunning,

    recordDunning: async (request: RecordDunningRequest): Promise<void> => {
      const { customer, invoiceId, outcome, detail } = request;
      await appendAuditEntry(pool, {
        customer,
        key: dunningNoticeKey(invoiceId, outcome),
        kind: `dunning_${outcome}`,
        detail: { invoiceId, ...detail },
      });
    },
  };
}

export function createGiveUpActivities({ pool, stripe }: ActivityDeps) {
  return {
    /** The schedule is over: what the catalog says then. Asked for again it finds it done. */
    giveUpInvoice: async (request: GiveUpRequest): Promise<void> => {
      const { customer, invoiceId, action } = request;
      const options = { idempotencyKey: `${giveUpKey(invoiceId)}:${activityInfo().attempt}` };
      if (action === 'mark_uncollectible') {
        const invoice = await stripe.invoices.retrieve(invoiceId);
        if (invoice.status === 'open')
          await stripe.invoices.markUncollectible(invoiceId, {}, options);
      }
      const subscriptionId = (await findCustomer(pool, customer))?.subscriptionId;
      if (action === 'cancel' && subscriptionId) {
        const { status } = await stripe.subscriptions.retrieve(subscriptionId);
        // What was used since is no claim that can be collected either, but it is invoiced.
        if (status !== 'canceled')
          await stripe.subscriptions.cancel(subscriptionId, { invoice_now: true }, options);
      }
      await appendAuditEntry(pool, {
        customer,
        key: giveUpKey(invoiceId),
        kind: 'dunning_final_action',
        detail: { invoiceId, action },
      });
    },
  };
}

const giveUpKey = (invoiceId: string): string => dunningNoticeKey(invoiceId, 'final-action');
