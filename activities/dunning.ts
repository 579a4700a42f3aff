/** What dunning needs of the outside: the catalog's schedule, and the final action at Stripe. */
import type Stripe from 'stripe';
import type { DunningPolicy, GiveUpAction } from '../src/core/plans/catalog';
import { dunningNoticeKey } from '../src/core/ids';
import { appendAuditEntry } from '../src/db/audit-entries';
import type { DunningOutcome } from '../src/core/dunning/dunning';
import { unlessGone } from '../src/stripe/errors';
import { attemptKey } from './attempt-key';
import type { ActivityDeps } from './deps';
import { idOf } from '../src/stripe/id-of';

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

export interface RecordDunningPauseRequest {
  readonly customer: string;
  readonly invoiceId: string;
  /** The key of the update that asked for it, so that one request makes one audit entry. */
  readonly request: string;
  /** Unix milliseconds; null means that the pause has no end. */
  readonly until: number | null;
  readonly reason: string;
}

/** These touch our own database and catalog only. */
export function createDunningActivities({ pool, catalog }: ActivityDeps) {
  return {
    readDunningPolicy: async (_request: { customer: string }): Promise<DunningPolicy> =>
      catalog.dunning,

    recordDunningPause: async (request: RecordDunningPauseRequest): Promise<void> => {
      const { customer, invoiceId, request: key, until, reason } = request;
      await appendAuditEntry(pool, {
        customer,
        key: dunningNoticeKey(invoiceId, `pause:${key}`),
        kind: 'dunning_pause_asked',
        detail: { invoiceId, reason, until: until === null ? null : new Date(until).toISOString() },
      });
    },

    recordDunning: async (request: RecordDunningRequest): Promise<void> => {
      const { customer, invoiceId, outcome, detail } = request;
      await appendAuditEntry(pool, {
        customer,
        // The key of what the customer was told would not do: that is an entry of its own.
        key: dunningNoticeKey(invoiceId, 'closed'),
        kind: 'dunning_closed',
        detail: { invoiceId, outcome, ...detail },
      });
    },
  };
}

export function createGiveUpActivities({ pool, stripe }: ActivityDeps) {
  /** Cancels the invoice's own subscription, and not whatever the customer has by now. */
  async function cancel(invoice: Stripe.Invoice, options: Stripe.RequestOptions): Promise<void> {
    const subscription = invoice.parent?.subscription_details?.subscription;
    if (!subscription) return;
    const current = await unlessGone(() => stripe.subscriptions.retrieve(idOf(subscription)));
    if (!current || ['canceled', 'incomplete_expired'].includes(current.status)) return;
    // What was used since is no claim that can be collected either, but it is invoiced.
    await stripe.subscriptions.cancel(current.id, { invoice_now: true }, options);
  }

  return {
    /**
     * Does what the catalog says for the end of the schedule. A second request finds it done. False
     * says that the invoice was settled otherwise meanwhile or is gone, and nothing was done.
     */
    giveUpInvoice: async (request: GiveUpRequest): Promise<boolean> => {
      const { customer, invoiceId, action } = request;
      // A request after a refusal is a new one; what is done already is read below.
      const options = { idempotencyKey: attemptKey(giveUpKey(invoiceId)) };
      const invoice = await unlessGone(() => stripe.invoices.retrieve(invoiceId));
      if (!invoice) return false;
      const isMarked = action === 'mark_uncollectible' && invoice.status === 'uncollectible';
      if (invoice.status !== 'open' && !isMarked) return false;
      if (action === 'mark_uncollectible' && !isMarked)
        await stripe.invoices.markUncollectible(invoiceId, {}, options);
      if (action === 'cancel') await cancel(invoice, options);
      await appendAuditEntry(pool, {
        customer,
        key: giveUpKey(invoiceId),
        kind: 'dunning_final_action',
        detail: { invoiceId, action },
      });
      return true;
    },
  };
}

const giveUpKey = (invoiceId: string): string => dunningNoticeKey(invoiceId, 'final-action');
