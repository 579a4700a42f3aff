/**
 * The outside of one customer's workflow, in memory: a ledger, a subscription, meters and invoices
 * that behave as the real ones do. Real parts are used in test/journey; here single rules are
 * shown.
 */
import { ApplicationFailure } from '@temporalio/common';
import type { Activities } from '../../activities';
import type { ReportUsageRequest } from '../../activities/meters';
import type { NotifyRequest } from '../../activities/notifications';
import type { RecordPeriodsRequest } from '../../activities/periods';
import type { InvoiceSnapshot } from '../../src/core/invoice';
import type { SubscriptionSnapshot } from '../../src/core/subscription';
import type { UsageBatch, UsageLine } from '../../src/core/usage';
import { aMeteredLine, anInvoice, aSubscription, FEBRUARY, JANUARY } from './builders';

export interface FakeWorld {
  batches: UsageBatch[];
  subscription: SubscriptionSnapshot;
  readonly invoices: Map<string, InvoiceSnapshot>;
  /** What Stripe's meters took, by identifier. */
  readonly reports: Map<string, ReportUsageRequest>;
  readonly attempts: ReportUsageRequest[];
  readonly recorded: RecordPeriodsRequest[];
  /** Every call, also one that tells what was told. */
  readonly told: NotifyRequest[];
  /** While it is, nothing can be told. */
  isOutboxDown: boolean;
  readonly held: string[];
  readonly released: string[];
  /** unavailable: answers are 500 until changed; refused: 400. */
  stripe: 'up' | 'unavailable' | 'refused' | 'reports refused';
  /** Tokens by which meter sums and drafts lag behind. */
  lag: number;
  /** The next batch of usage, as sealing would number it. */
  seal(...lines: UsageLine[]): UsageBatch;
  readonly activities: Activities;
}

export function aWorld(): FakeWorld {
  const world: FakeWorld = {
    batches: [],
    subscription: aSubscription(),
    invoices: new Map(),
    reports: new Map(),
    attempts: [],
    recorded: [],
    told: [],
    isOutboxDown: false,
    held: [],
    released: [],
    stripe: 'up',
    lag: 0,
    seal: (...lines) => {
      const batch = { sequence: world.batches.length + 1, lines };
      world.batches.push(batch);
      return batch;
    },
    get activities() {
      return activitiesOf(world);
    },
  };
  world.invoices.set('in_feb', anInvoice());
  return world;
}

function activitiesOf(world: FakeWorld): Activities {
  const linesIn = (start: number, end: number) =>
    world.batches.flatMap(({ lines }) => lines).filter((l) => start <= l.second && l.second < end);
  const sum = (lines: readonly UsageLine[]) =>
    lines.reduce((total, line) => total + line.tokens, 0);
  const metered = (start: number) =>
    [...world.reports.values()]
      .filter(({ period }) => period.start === start)
      .reduce((total, report) => total + report.tokens, 0) - world.lag;
  const stripeIsUp = () => {
    if (world.stripe === 'unavailable') throw ApplicationFailure.retryable('500', 'stripe_server');
    if (world.stripe === 'refused') throw ApplicationFailure.nonRetryable('400', 'stripe_invalid');
  };
  return {
    readBatches: async ({ afterSequence }) =>
      world.batches.filter(({ sequence }) => sequence > afterSequence).slice(0, 50),
    drainLedger: async () => world.batches.length,
    sumLedger: async ({ start, end }) => ({
      usedTokens: sum(linesIn(start, end).filter(({ vendor }) => !vendor)),
      vendorTokens: sum(linesIn(start, end).filter(({ vendor }) => vendor)),
    }),
    recordPeriods: async (request) => void world.recorded.push(request),
    notify: async (request) => {
      if (world.isOutboxDown) throw ApplicationFailure.retryable('the ledger is down');
      world.told.push(request);
    },
    readSubscription: async () => {
      stripeIsUp();
      return world.subscription;
    },
    readInvoice: async ({ invoiceId }) => {
      const invoice = world.invoices.get(invoiceId);
      if (!invoice) throw ApplicationFailure.nonRetryable(`no invoice ${invoiceId}`);
      if (invoice.lines.every(({ rateId }) => rateId === null)) return invoice;
      const line = aMeteredLine(metered(JANUARY), { end: FEBRUARY });
      return { ...invoice, lines: [...invoice.lines.filter((l) => l.rateId === null), line] };
    },
    sumMeters: async ({ start }) => ({ overage_standard: metered(start) }),
    reportUsage: async (request) => {
      world.attempts.push(request);
      if (world.stripe === 'reports refused') throw ApplicationFailure.nonRetryable('400');
      stripeIsUp();
      if (!world.reports.has(request.identifier)) world.reports.set(request.identifier, request);
    },
    // The reconciliation is of no customer: test/workflows/reconciliation.test.ts has its own.
    recoverStripeEvents: async () => ({ read: 0, recovered: {}, next: null }),
    hintOverdueCustomers: async () => ({ hinted: [], unlisted: [], next: null }),
    holdInvoice: async ({ invoiceId }) => void world.held.push(invoiceId),
    releaseInvoice: async ({ invoiceId }) => void world.released.push(invoiceId),
  };
}
