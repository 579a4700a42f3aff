/**
 * The outside of one customer's workflow, in memory: a ledger, a subscription, meters and invoices
 * that behave as the real ones do. Real parts are used in test/journey; here single rules are
 * shown.
 */
import { ApplicationFailure } from '@temporalio/common';
import type { Activities } from '../../../activities';
import type { ReportUsageRequest } from '../../../activities/meters';
import type { GiveUpRequest, RecordDunningRequest } from '../../../activities/dunning';
import type { RecordGrantRequest } from '../../../activities/grants';
import type { LateItemRequest } from '../../../activities/late-usage';
import type { NotifyDunningRequest, NotifyRequest } from '../../../activities/notifications';
import type { RecordPeriodsRequest } from '../../../activities/periods';
import type { ChangePlanRequest } from '../../../activities/plan-changes';
import type { RecountRequestOf } from '../../../activities/recounts';
import type { RecordResolutionRequest } from '../../../activities/resolutions';
import type { DunningPolicy } from '../../../src/core/plans/catalog';
import type { PlanTerms } from '../../../src/core/plans/plan';
import type { SubscriptionChange } from '../../../src/core/subscription/plan-change';
import { beginRecount, recountBatch, recountedOf } from '../../../src/core/counting/recount';
import type { UsageBatch, UsageLine } from '../../../src/core/usage/usage';
import {
  aBaseLine,
  aDunningPolicy,
  aMeteredLine,
  anInvoice,
  aSubscription,
  FEBRUARY,
  JANUARY,
  withLines,
} from '../builders/builders';
import { heldDrafts } from './held-drafts';
import { takenUsage } from './taken-usage';
import type { WithIntake } from './taken-usage';
import { NO_CHECKOUTS } from '../stripe/no-checkouts';
import { NO_IMPORTS } from './no-imports';
import { NO_PAYOUTS } from '../vendors/no-payouts';
import type { LateItem } from '../../../src/core/state/period-state';
import type { MoneyBack } from '../../../src/core/state/remembered';
import type { InvoiceSnapshot } from '../../../src/core/invoices/invoice-snapshot';
import type { SubscriptionSnapshot } from '../../../src/core/subscription/subscription-snapshot';

export interface FakeWorld extends WithIntake {
  batches: UsageBatch[];
  subscription: SubscriptionSnapshot;
  readonly invoices: Map<string, InvoiceSnapshot>;
  /** What Stripe's meters took, by identifier. */
  readonly reports: Map<string, ReportUsageRequest>;
  readonly attempts: ReportUsageRequest[];
  readonly recorded: RecordPeriodsRequest[];
  /** Every call, also one that tells what was told. */
  readonly told: NotifyRequest[];
  readonly toldOfDunning: NotifyDunningRequest[];
  /** While it is, nothing can be told. */
  isOutboxDown: boolean;
  readonly held: string[];
  readonly released: string[];
  /** Plans that may be changed to, besides the subscription's own. */
  readonly plans: Map<string, PlanTerms>;
  readonly lateItems: LateItemRequest[];
  readonly writtenOff: LateItem[];
  readonly granted: RecordGrantRequest[];
  readonly resolved: RecordResolutionRequest[];
  readonly givenUp: GiveUpRequest[];
  readonly dunningOutcomes: RecordDunningRequest[];
  dunningPolicy: DunningPolicy;
  readonly moneyBack: Map<string, MoneyBack>;
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
    toldOfDunning: [],
    isOutboxDown: false,
    taken: [],
    isIntakeDown: false,
    held: [],
    released: [],
    plans: new Map(),
    lateItems: [],
    writtenOff: [],
    granted: [],
    resolved: [],
    givenUp: [],
    dunningOutcomes: [],
    dunningPolicy: aDunningPolicy(),
    moneyBack: new Map(),
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
      if (request.type === 'dunning') world.toldOfDunning.push(request);
      else world.told.push(request);
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
      return withLines(invoice, [...invoice.lines.filter((l) => l.rateId === null), line]);
    },
    sumMeters: async ({ start }) => ({ overage_standard: metered(start) }),
    reportUsage: async (request) => {
      world.attempts.push(request);
      if (world.stripe === 'reports refused') throw ApplicationFailure.nonRetryable('400');
      stripeIsUp();
      if (!world.reports.has(request.identifier)) world.reports.set(request.identifier, request);
      return request;
    },
    // The reconciliation is of no customer: test/workflows/reconciliation.test.ts has its own.
    recoverStripeEvents: async () => ({ read: 0, recovered: {}, next: null }),
    hintOverdueCustomers: async () => ({ hinted: [], unlisted: [], next: null }),
    ...{ ...heldDrafts(world), ...takenUsage(world) },
    ...{ finalizeInvoice: async () => undefined, pinCatalog: async () => undefined },
    ...{ ...NO_PAYOUTS, ...NO_CHECKOUTS, ...NO_IMPORTS },
    ...subscriptionLife(world, stripeIsUp),
    ...ourBooks(world),
  };
}

/** What a change at Stripe comes to, read back by `readSubscription`. */
function subscriptionLife(world: FakeWorld, stripeIsUp: () => void) {
  const change = (changed: Partial<SubscriptionSnapshot>) => {
    stripeIsUp();
    world.subscription = { ...world.subscription, ...changed };
  };
  return {
    changePlan: async ({ planId, when }: ChangePlanRequest) => {
      const { currentPeriod, standing } = world.subscription;
      const terms = world.plans.get(planId);
      if (!terms) throw ApplicationFailure.nonRetryable(`no plan ${planId}`, 'plan_not_found');
      const from = when === 'now' ? currentPeriod.start : currentPeriod.end;
      if (when === 'now') change({ terms, standing: { ...standing, nextPlan: null } });
      else change({ standing: { ...standing, nextPlan: { planId, from } } });
      return { planId, when, from };
    },
    changeSubscription: async ({ change: asked }: { change: SubscriptionChange }) => {
      const { currentPeriod, standing } = world.subscription;
      const isAtEnd = asked.action === 'cancel' && asked.when === 'period_end';
      const cancelAt = isAtEnd ? currentPeriod.end : null;
      if (asked.action === 'cancel' && !isAtEnd) {
        const endedAt = currentPeriod.start + 86_400;
        change({ status: 'canceled', endedAt, isLastPeriodInvoiced: true });
      } else change({ standing: { ...standing, cancelAt } });
    },
    followSubscription: async () => false,
    arrangeItems: async ({
      missing,
      superfluous,
    }: Record<'missing' | 'superfluous', readonly string[]>) => {
      const added = missing.map((id) => [id, world.subscription.currentPeriod.start] as const);
      const kept = Object.entries(world.subscription.rateItems).filter(
        ([id]) => !superfluous.includes(id),
      );
      change({ rateItems: Object.fromEntries([...kept, ...added]) });
    },
    addLateItem: async (request: LateItemRequest) => {
      world.lateItems.push(request);
      const { item, invoiceId } = request;
      const invoice = world.invoices.get(invoiceId);
      const isOn = invoice?.lines.some(({ lateItemKey }) => lateItemKey === item.key);
      if (!invoice || isOn) return true;
      const { key: lateItemKey, amountCents } = item;
      const line = aBaseLine({ isBase: false, amountCents, lateItemKey });
      world.invoices.set(invoiceId, withLines(invoice, [...invoice.lines, line]));
      return true;
    },
    readMoneyBack: async ({ objectId }: { objectId: string }) => {
      const read = world.moneyBack.get(objectId);
      if (!read) throw ApplicationFailure.nonRetryable(`no charge ${objectId}`);
      return read;
    },
    giveUpInvoice: async (request: GiveUpRequest) => {
      stripeIsUp();
      if (world.invoices.get(request.invoiceId)?.status !== 'open') return false;
      world.givenUp.push(request);
      return true;
    },
  };
}

function ourBooks(world: FakeWorld) {
  return {
    recountLedger: async (request: RecountRequestOf) => {
      const counted = world.batches
        .filter(({ sequence }) => sequence <= request.upToSequence)
        .reduce(recountBatch, beginRecount(request));
      return recountedOf(counted);
    },
    recordGrant: async (request: RecordGrantRequest) => void world.granted.push(request),
    recordResolution: async (request: RecordResolutionRequest) => void world.resolved.push(request),
    writeOffLate: async ({ item }: { item: LateItem }) => void world.writtenOff.push(item),
    readDunningPolicy: async () => world.dunningPolicy,
    recordDunningPause: async () => undefined,
    recordDunning: async (request: RecordDunningRequest) =>
      void world.dunningOutcomes.push(request),
  };
}
