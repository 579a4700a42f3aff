/** Reads an invoice from Stripe, holds it back and lets it go. */
import type Stripe from 'stripe';
import { releaseInvoiceKey } from '../src/core/ids';
import { isFresh } from '../src/core/invoices/invoice-hold';
import type { SeenDraft } from '../src/core/invoices/invoice-hold';
import { goneInvoice } from '../src/core/invoices/invoice-gone';
import { appendAuditEntry } from '../src/db/audit-entries';
import { recordHold, recordPutBack } from '../src/db/invoice-holds';
import { unlessGone } from '../src/stripe/errors';
import { holdDraft, liftHold } from '../src/stripe/invoice-hold';
import { findStripeInvoice } from '../src/stripe/invoice-snapshot';
import { createClocks, timeAt } from '../src/stripe/test-clocks';
import { attemptKey } from './attempt-key';
import { collectInvoice } from './collect-invoice';
import type { StripeDeps } from './deps';
import { createSellers } from './sellers';
import { idOf } from '../src/stripe/id-of';
import type { InvoiceHold } from '../src/core/state/period-state';
import type { InvoiceSnapshot } from '../src/core/invoices/invoice-snapshot';
import type { Difference } from '../src/core/proof/difference-row';

interface InvoiceDecision {
  readonly customer: string;
  readonly invoiceId: string;
  /** Unix milliseconds, by the workflow's clock. */
  readonly decidedAt: number;
}

interface HoldRequest extends InvoiceDecision {
  readonly differences: readonly Difference[];
  /** The draft advanced when it was read, at this time by the workflow's clock. */
  readonly seen?: SeenDraft & { readonly at: number };
}

interface ReleaseRequest extends InvoiceDecision {
  readonly finalizesAt: number | null;
  readonly reason: string;
}

interface FinalizeRequest {
  readonly customer: string;
  readonly invoiceId: string;
  /**
   * Stripe would finalize at this second: we do not before, and nothing is collected yet, since it
   * is compared once Stripe has counted its usage. Absent means now, and collected.
   */
  readonly countedAt?: number;
}

interface InvoiceTools extends StripeDeps {
  readonly sellers: ReturnType<typeof createSellers>;
  readonly clocks: ReturnType<typeof createClocks>;
}

export function createInvoiceActivities(deps: StripeDeps) {
  const { stripe } = deps;
  const tools: InvoiceTools = {
    ...deps,
    sellers: createSellers(deps),
    clocks: createClocks(stripe),
  };
  return {
    readInvoice: (request: { customer: string; invoiceId: string }): Promise<InvoiceSnapshot> =>
      readInvoice(tools, request),

    /**
     * Keeps Stripe from finalizing a draft, and answers the hold that it is under then. null says
     * that it is no draft any more or none at all, or does not advance and not because of us.
     */
    holdInvoice: async (request: HoldRequest): Promise<InvoiceHold | null> => {
      const { customer, invoiceId, decidedAt, differences, seen } = request;
      const onPutBack = () => recordPutBack(deps.pool, customer, { invoiceId, heldAt: decidedAt });
      const options = seen && isFresh(seen.at, deps.now()) ? { seen, onPutBack } : {};
      const hold = await unlessGone(() => holdDraft(stripe, invoiceId, decidedAt, options));
      if (hold) await recordHold(deps.pool, customer, { invoiceId, hold, differences });
      return hold ?? null;
    },

    releaseInvoice: (request: ReleaseRequest): Promise<void> => releaseInvoice(tools, request),

    finalizeInvoice: (request: FinalizeRequest): Promise<void> => finalizeInvoice(tools, request),
  };
}

async function readInvoice(
  { stripe, priceBook, sellers }: InvoiceTools,
  { customer, invoiceId }: { customer: string; invoiceId: string },
): Promise<InvoiceSnapshot> {
  const stripeInvoice = await findStripeInvoice(stripe, priceBook, invoiceId);
  if (!stripeInvoice) return goneInvoice(invoiceId);
  // Every subscription has lines for the vendors' rates: most are of nothing.
  const billed = stripeInvoice.lines.filter(({ amount }) => amount !== 0);
  const vendors = await Promise.all(billed.map(await sellers.sellersTo(customer)));
  const paysVendors = vendors.some((vendor) => vendor !== null);
  return { ...stripeInvoice.snapshot, ...(paysVendors && { paysVendors }) };
}

/**
 * Lets Stripe go on with the invoice. Once the time is past at which it would have been finalized,
 * nobody waits for more usage: then it is finalized now.
 */
async function releaseInvoice(tools: InvoiceTools, request: ReleaseRequest): Promise<void> {
  const { pool, stripe } = tools;
  const { customer, invoiceId, finalizesAt, reason } = request;
  const lifted = await unlessGone(async () => ({ draft: await liftHold(stripe, invoiceId) }));
  if (!lifted) return;
  await appendAuditEntry(pool, {
    customer,
    key: releaseInvoiceKey(invoiceId, request.decidedAt),
    kind: 'invoice_released',
    detail: { invoice: invoiceId, reason },
  });
  const { draft } = lifted;
  if (draft?.status === 'open') return collectInvoice(stripe, draft);
  if (!draft || finalizesAt === null) return;
  if (finalizesAt * 1000 <= (await timeOf(tools, draft.test_clock)))
    await finalize(stripe, invoiceId);
}

/** Tries to finalize an invoice again that Stripe could not. */
async function finalizeInvoice(tools: InvoiceTools, request: FinalizeRequest): Promise<void> {
  const { stripe } = tools;
  const { invoiceId, countedAt } = request;
  const invoice = await unlessGone(() => stripe.invoices.retrieve(invoiceId));
  if (invoice?.status !== 'draft') return;
  if (countedAt === undefined) return finalize(stripe, invoiceId);
  if (countedAt * 1000 <= (await timeOf(tools, invoice.test_clock)))
    await finalize(stripe, invoiceId, false);
}

async function finalize(stripe: Stripe, invoiceId: string, isCollected = true): Promise<void> {
  await stripe.invoices.finalizeInvoice(
    invoiceId,
    { auto_advance: isCollected },
    { idempotencyKey: attemptKey(`invoice:${invoiceId}:finalize`) },
  );
}

/** Unix milliseconds where the invoice's customer is. */
async function timeOf(
  { clocks, now }: InvoiceTools,
  testClock: Stripe.Invoice['test_clock'],
): Promise<number> {
  const clock = testClock && idOf(testClock);
  return (await timeAt(clocks, clock, new Date(now()))).getTime();
}
