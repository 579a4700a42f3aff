/** Bills an invoice again from the ledger's events: what `verify-invoice` shows. */
import { createHash } from 'node:crypto';
import type { PoolClient } from 'pg';
import { DomainError } from '../../core/errors';
import type { KnownDiscounts } from '../../core/discounts/subscription-discounts';
import type { Catalog } from '../../core/plans/catalog';
import { periodBilledBy } from '../../core/invoices/invoice';
import { addLeaf, canonicalUsageEvent, EMPTY_FRONTIER, merkleRoot } from '../../core/proof/merkle';
import type { LedgerProof } from '../../core/proof/ledger-check';
import { missingBatch } from '../../core/proof/replay';
import type { Replay } from '../../core/proof/replay';
import { explainInvoice } from '../../core/proof/verification';
import type { ExplainedInvoice } from '../../core/proof/verification';
import type { Period } from '../../core/period';
import { readAuditEntries, verifyAuditChain } from '../../db/audit-entries';
import type { AuditChain, AuditEntry } from '../../db/audit-entries';
import { eventsWithArchived, prepareArchivedEvents } from '../../db/partitions/archived-events';
import type { ReadArchived } from '../../db/partitions/archived-events';
import { findCustomerAtStripe } from '../../db/customers';
import type { Customer } from '../../db/customers';
import { inLedgerSnapshot, proveBatches, usageEvents } from '../../db/ledger-proof';
import { classifyStripeError } from '../../stripe/errors';
import { readStripeInvoice } from '../../stripe/invoice-snapshot';
import type { StripeInvoice } from '../../stripe/invoice-snapshot';
import { createPriceBook } from '../../stripe/price-book';
import { replayLedger } from '../../drift/ledger-replay';
import { heldDiscounts } from './held-discounts';
import { lateItemsOn, recordedBooks } from './recorded-books';
import type { OperatorDeps } from '../operator/operator';
import type { InvoiceSnapshot } from '../../core/invoices/invoice-snapshot';
import { overageTokens } from '../../core/counting/allowance';

export interface BilledUsage extends Period {
  readonly planId: string;
  readonly usedTokens: number;
  /** null means unlimited. */
  readonly includedTokens: number | null;
  readonly overageTokens: number;
  /** No rate prices this overage: it is recorded, not billed. */
  readonly unpricedTokens: number;
  /** Came after the period was closed: not on this invoice. */
  readonly lateTokens: number;
  readonly events: number;
  /** It stands for the period's usage events: src/core/proof/merkle.ts says how. */
  readonly merkleRoot: string;
  readonly proof: LedgerProof;
}

export interface InvoiceVerification {
  readonly ok: boolean;
  readonly invoice: string;
  readonly status: string;
  readonly customer: string;
  readonly currency: string;
  /** null means that the invoice bills no usage, as the first one of a subscription does. */
  readonly billed: BilledUsage | null;
  readonly explained: ExplainedInvoice;
  readonly missingBatch: number | null;
  readonly auditEntries: number;
  readonly auditChain: AuditChain;
}

/** `readArchived`: usage events that are not in the ledger any more come from there. */
export async function checkInvoice(
  { pool, stripe, catalog }: Pick<OperatorDeps, 'pool' | 'stripe' | 'catalog'>,
  invoiceId: string,
  readArchived?: ReadArchived,
): Promise<InvoiceVerification> {
  const priceBook = createPriceBook(stripe);
  const stripeInvoice = await readStripeInvoice(stripe, priceBook, invoiceId).catch(
    (error: unknown) => {
      if (classifyStripeError(error)?.type !== 'stripe_resource_missing') throw error;
      throw new DomainError(
        'not_found',
        `Stripe has no invoice ${JSON.stringify(invoiceId)}: expected an id such as in_…, which ` +
          '`tollkeeper statement` shows.',
      );
    },
  );
  const { snapshot: invoice, currency } = stripeInvoice;
  const discounts = await heldDiscounts({ stripe, priceBook }, invoice);
  return inLedgerSnapshot(
    pool,
    async (client) => {
      const customer = await customerOf(client, stripeInvoice);
      const entries = await readAuditEntries(client, customer.customer);
      const recount = await billAgain(client, customer, {
        ...{ invoice, entries, catalog, discounts, readArchived },
      });
      const auditChain = verifyAuditChain(entries);
      const isLedgerWhole = recount.missingBatch === null && !recount.billed?.proof.faultCount;
      return {
        ok: recount.explained.equal && isLedgerWhole && auditChain.intact,
        invoice: invoice.id,
        status: invoice.status,
        customer: customer.customer,
        currency,
        ...recount,
        auditEntries: entries.length,
        auditChain,
      };
    },
    readArchived ? { prepare: prepareArchivedEvents } : {},
  );
}

async function customerOf(
  client: PoolClient,
  { snapshot, stripeCustomerId }: StripeInvoice,
): Promise<Customer> {
  const customer = stripeCustomerId && (await findCustomerAtStripe(client, stripeCustomerId));
  if (customer) return customer;
  throw new DomainError(
    'customer_not_found',
    `Invoice ${snapshot.id} bills ${stripeCustomerId ?? 'no customer'}, which is no customer of ` +
      'ours: expected an invoice of a customer that `tollkeeper customer` knows.',
  );
}

interface Known {
  readonly invoice: InvoiceSnapshot;
  readonly entries: readonly AuditEntry[];
  readonly catalog: Catalog;
  readonly discounts: KnownDiscounts | undefined;
  readonly readArchived: ReadArchived | undefined;
}

async function billAgain(
  client: PoolClient,
  customer: Customer,
  { invoice, entries, catalog, discounts, readArchived }: Known,
) {
  const replay = await replayLedger(client, customer);
  const state = withSubscriptions(replay, customer);
  const period = periodBilledBy(state, invoice);
  const lateItems = lateItemsOn(entries, invoice.id);
  const explainedInvoice = explainInvoice(invoice, period && { ...period, lateItems }, {
    ...recordedBooks(replay, entries, catalog),
    ...(discounts && { discounts }),
  });
  const source =
    period && (await eventsWithArchived(client, customer.customer, period, readArchived));
  const billedUsage: BilledUsage | null = period
    ? {
        start: period.start,
        end: period.end,
        planId: period.terms.planId,
        usedTokens: period.usedTokens,
        includedTokens: period.terms.includedTokens,
        overageTokens: overageTokens(period),
        unpricedTokens: period.unpricedTokens,
        lateTokens: replay.lateTokens[period.start] ?? 0,
        ...(await rootOfEvents(client, customer.customer, period, source)),
        proof: await proveBatches(client, customer.customer, period, source),
      }
    : null;
  return { billed: billedUsage, explained: explainedInvoice, missingBatch: missingBatch(replay) };
}

/** A customer who has come back has periods of several. */
function withSubscriptions({ state, periods }: Replay, { subscriptionId: current }: Customer) {
  const ids = new Map(periods.map(({ start, subscriptionId }) => [start, subscriptionId]));
  return {
    ...state,
    subscriptionId: current,
    periods: state.periods.map((period) => {
      const subscriptionId = ids.get(period.start) ?? current;
      return subscriptionId === null || subscriptionId === current
        ? period
        : { ...period, subscriptionId };
    }),
  };
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

async function rootOfEvents(client: PoolClient, customer: string, period: Period, source?: string) {
  let frontier = EMPTY_FRONTIER;
  let events = 0;
  for await (const event of usageEvents(client, customer, period, source)) {
    frontier = addLeaf(frontier, canonicalUsageEvent(event), sha256);
    events += 1;
  }
  return { events, merkleRoot: merkleRoot(frontier, sha256) };
}
