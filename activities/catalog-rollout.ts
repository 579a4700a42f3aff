/**
 * Moves a plan's customers to a catalog version: tells what it would change and who is next, asks a
 * customer's own workflow, and tells whether any who was moved has an exception.
 */
import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { hasPlan } from '../src/core/plans/catalog-version';
import { DomainError } from '../src/core/errors';
import type { ErrorCode } from '../src/core/errors';
import {
  catalogAuditSubject,
  rolloutChangeKey,
  rolloutEntryKey,
  rolloutMovedKey,
} from '../src/core/ids';
import type { PlanTerms } from '../src/core/plans/plan';
import type { ChangedPlan, PlanChange } from '../src/core/subscription/plan-change';
import type { RolloutEntry, RolloutState, RolloutTrouble } from '../src/core/plans/rollout';
import { leftOutReason } from '../src/core/plans/rollout-customer';
import type { LeftOutReason } from '../src/core/plans/rollout-customer';
import { saleOf, timesQuantity } from '../src/core/plans/rollout-preview';
import type { PreviewedCustomer, PreviewPage } from '../src/core/plans/rollout-preview';
import { appendAuditEntry } from '../src/db/audit-entries';
import { listBillingPeriods } from '../src/db/billing-periods';
import { recountedCents } from '../src/db/recounted-cents';
import { findEntries, listRolloutCustomers } from '../src/db/rollout-customers';
import type { ListedCustomer, RolloutPageRequest } from '../src/db/rollout-customers';
import type { ActivityDeps } from './deps';
import { createSoldCatalogs } from './sold-catalog';
import type { BillingException } from '../src/core/state/remembered';

/** What a rollout asks of customers' own workflows. */
export interface CustomerWorkflows {
  /** Throws a DomainError where that is refused. */
  changePlan(customer: string, change: PlanChange, request: string): Promise<ChangedPlan>;
  openExceptions(customer: string): Promise<readonly BillingException[]>;
  /** Answers who has any, as far as Temporal's visibility has heard. */
  customersWithExceptions(): Promise<readonly string[]>;
}

export type RolloutDeps = Pick<ActivityDeps, 'pool' | 'catalog'> & {
  readonly customers: CustomerWorkflows;
};

const BEAT_MS = 2_000;

type RolloutRef = Pick<RolloutState, 'planId' | 'version' | 'startedAt'>;

export interface NextCustomer {
  readonly customer: string;
  /** null says that they are to be moved. */
  readonly reason: LeftOutReason | null;
}

export interface MoveRequest extends RolloutRef, Pick<RolloutState, 'when' | 'attempt'> {
  readonly customer: string;
}

export type Move =
  | { readonly outcome: 'moved' }
  | { readonly outcome: 'left_out'; readonly reason: LeftOutReason }
  | { readonly outcome: 'refused'; readonly why: string };

export interface TroubleRequest extends RolloutRef {
  /** Exceptions that are older are none of this rollout's. Unix milliseconds. */
  readonly since: number;
  /** These were moved just now: visibility may not have heard of their exceptions. */
  readonly lately: readonly string[];
}

interface RolloutTools extends RolloutDeps {
  readonly catalogs: ReturnType<typeof createSoldCatalogs>;
}

export function createCatalogRolloutActivities(deps: RolloutDeps) {
  const { pool } = deps;
  const tools: RolloutTools = { ...deps, catalogs: createSoldCatalogs(deps) };
  return {
    previewRollout: (request: RolloutPageRequest): Promise<PreviewPage> =>
      previewRollout(tools, request),

    listRollout: async (request: RolloutPageRequest): Promise<NextCustomer[]> => {
      const customers = await listRolloutCustomers(pool, request);
      return customers.map((one) => ({ customer: one.customer, reason: leftOutReason(one) }));
    },

    moveCustomer: (request: MoveRequest): Promise<Move> => moveCustomer(deps, request),

    findRolloutTrouble: (request: TroubleRequest): Promise<RolloutTrouble | null> =>
      findTrouble(deps, request),

    recordRollout: async (request: RolloutRef & { readonly entry: RolloutEntry }) => {
      const { number, kind, detail } = request.entry;
      await appendAuditEntry(pool, {
        customer: catalogAuditSubject(request.planId),
        key: rolloutEntryKey(request, number),
        ...{ kind, detail },
      });
    },
  };
}

const beat = (): void => Context.current().heartbeat();

async function previewRollout(
  tools: RolloutTools,
  request: RolloutPageRequest,
): Promise<PreviewPage> {
  const newTerms = await termsAt(tools, request.planId, request.version);
  const customers = await listRolloutCustomers(tools.pool, request);
  const previewed: PreviewedCustomer[] = [];
  for (const one of customers) {
    beat();
    previewed.push(await revenueOf(tools, one, newTerms));
  }
  const next = customers.length < request.limit ? null : (customers.at(-1)?.customer ?? null);
  return { after: saleOf(newTerms), customers: previewed, next };
}

async function termsAt(
  { catalogs }: RolloutTools,
  planId: string,
  version: string,
): Promise<PlanTerms> {
  const soldVersion = await catalogs.soldBy([version], planId, []);
  if (soldVersion.version === version && hasPlan(soldVersion, planId))
    return catalogs.termsOf(soldVersion, planId);
  throw ApplicationFailure.nonRetryable(
    `No catalog ${version} with a plan ${planId} is stored: run tollkeeper catalog push, and ` +
      'begin the rollout again.',
    'catalog_not_pushed',
  );
}

async function revenueOf(
  { pool, catalogs }: RolloutTools,
  listedCustomer: ListedCustomer,
  newTerms: PlanTerms,
): Promise<PreviewedCustomer> {
  const { customer, terms } = listedCustomer;
  const reason = leftOutReason(listedCustomer);
  if (reason !== null || terms === null) return { customer, reason: reason ?? 'not_begun' };
  const { planId, catalogVersion, baseQuantity } = terms;
  // A trial is compared by what follows it: nothing is paid in it.
  const previousTerms = terms.isTrial
    ? timesQuantity(
        catalogs.termsOf(await catalogs.soldBy([catalogVersion], planId, []), planId),
        baseQuantity,
      )
    : terms;
  const [running, ...earlierPeriods] = await listBillingPeriods(pool, customer, 3);
  const closedPeriod = earlierPeriods.find(
    (one) => one.statement.phase !== 'open' && !one.terms.isTrial,
  );
  const period = closedPeriod ?? running;
  if (!period) return { customer, reason: 'not_begun' };
  const cents = (candidate: PlanTerms) => recountedCents(pool, customer, period, candidate, beat);
  return {
    customer,
    before: saleOf(previousTerms),
    beforeCents: await cents(previousTerms),
    afterCents: await cents(timesQuantity(newTerms, baseQuantity)),
    isRunning: closedPeriod === undefined,
  };
}

async function moveCustomer(
  { pool, customers }: RolloutDeps,
  { customer, when, attempt, ...rollout }: MoveRequest,
): Promise<Move> {
  const { planId, version } = rollout;
  const change = { planId, when, catalogVersion: version };
  const key = rolloutChangeKey(rollout, customer, attempt);
  try {
    await beating(() => customers.changePlan(customer, change, key));
  } catch (error) {
    const outcome = outcomeOf(error);
    if (outcome.outcome !== 'moved') return outcome;
  }
  await appendAuditEntry(pool, {
    customer: catalogAuditSubject(planId),
    key: rolloutMovedKey(rollout, customer),
    kind: 'rollout_moved',
    detail: { customer, version, when },
  });
  return { outcome: 'moved' };
}

async function findTrouble(
  { pool, customers }: RolloutDeps,
  request: TroubleRequest,
): Promise<RolloutTrouble | null> {
  const { planId, since, lately } = request;
  const named = new Set([...lately, ...(await customers.customersWithExceptions())]);
  const keyOf = (customer: string) => rolloutMovedKey(request, customer);
  const movedEntries = await findEntries(pool, catalogAuditSubject(planId), [...named].map(keyOf));
  for (const customer of [...named].filter((one) => movedEntries.has(keyOf(one))).sort()) {
    beat();
    const exceptions = await customers.openExceptions(customer);
    const first = exceptions.find((exception) => exception.since >= since);
    if (!first) continue;
    const { kind, subject, message } = first;
    return { customer, why: `exception ${kind} of ${subject}: ${message}` };
  }
  return null;
}

/**
 * The heartbeat shows that it is alive while it waits for another workflow: a worker that is gone
 * is heard of in seconds.
 */
async function beating<T>(work: () => Promise<T>): Promise<T> {
  const context = Context.current();
  const timer = setInterval(() => context.heartbeat(), BEAT_MS);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}

/** These became true since the customers were listed. */
const REASONS: Readonly<Partial<Record<ErrorCode, LeftOutReason>>> = {
  subscription_not_active: 'ended',
  cancellation_pending: 'cancellation_waits',
};

/** What does not answer is asked again; what is as it should be already counts as moved. */
function outcomeOf(error: unknown): Move {
  if (!(error instanceof DomainError) || error.code === 'billing_unavailable') throw error;
  if (error.code === 'plan_unchanged') return { outcome: 'moved' };
  const reason = REASONS[error.code];
  if (reason) return { outcome: 'left_out', reason };
  return { outcome: 'refused', why: error.message };
}
