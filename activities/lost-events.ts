/**
 * The daily reconciliation with Stripe: events whose webhook was lost are put into the inbox, and
 * customers of whom something should have been heard are given a hint to look. Both work through
 * bounded parts, and tell where the next one begins.
 */
import { activityInfo, heartbeat } from '@temporalio/activity';
import type Stripe from 'stripe';
import { reconciliationHintId } from '../src/core/ids';
import type { StripeEventHint } from '../src/core/stripe-event';
import {
  advanceEventCursor,
  listOverdueCustomers,
  listTestClocks,
  readEventCursor,
} from '../src/db/reconciliation';
import type { OverdueCustomer } from '../src/db/reconciliation';
import { missingStripeEvents, receiveStripeEvent } from '../src/db/stripe-events';
import { assertObject } from '../src/stripe/client';
import { classifyStripeError } from '../src/stripe/errors';
import { readListedEvent } from '../src/stripe/received-event';
import { createClocks } from '../src/stripe/test-clocks';
import type { ActivityDeps } from './deps';

const EVENTS_PER_PAGE = 100;
const PAGES_PER_CALL = 50;
/** Read again each time: what Stripe was slow to list, and what our clock is off by. */
const OVERLAP_SECONDS = 24 * 3600;

const CUSTOMERS_PER_CALL = 100;
/** Stripe tells of a renewal within minutes. */
const RENEWAL_GRACE_SECONDS = 3 * 3600;
/** A draft is finalized after an hour, or three days at most while a webhook fails. */
const UNTOUCHED_SECONDS = 24 * 3600;
/** The current invoice, the one before, and one that somebody made by hand. */
const LATEST_INVOICES = 3;

export interface EventPosition {
  /** Unix seconds; null: from as early as Stripe keeps events, which is 30 days. */
  readonly since: number | null;
  /** The event that was read last; Stripe lists the newest first. */
  readonly after: string | null;
}

export interface RecoverStripeEventsRequest {
  /** Unix seconds: when this reconciliation began. */
  readonly runAt: number;
  /** Where the part before this one ended; absent: from the beginning. */
  readonly position?: EventPosition;
}

export interface RecoveredStripeEvents {
  readonly read: number;
  /** How many of each type were not in the inbox. */
  readonly recovered: Readonly<Record<string, number>>;
  /** null: all is read. */
  readonly next: EventPosition | null;
}

export interface HintOverdueRequest {
  readonly runAt: number;
  /** The last customer of the part before this one. */
  readonly after: string | null;
}

export interface HintedCustomers {
  readonly hinted: readonly string[];
  /** Of whom Stripe refused to list invoices: they were hinted at what we knew ourselves. */
  readonly unlisted: readonly { readonly customer: string; readonly reason: string }[];
  readonly next: string | null;
}

export function createReconciliationActivities(deps: ActivityDeps) {
  return {
    recoverStripeEvents: (request: RecoverStripeEventsRequest): Promise<RecoveredStripeEvents> =>
      recoverStripeEvents(deps, request),
    hintOverdueCustomers: (request: HintOverdueRequest): Promise<HintedCustomers> =>
      hintOverdueCustomers(deps, request),
  };
}

interface Recovery {
  readonly position: EventPosition;
  readonly pages: number;
  readonly read: number;
  readonly recovered: Readonly<Record<string, number>>;
}

async function recoverStripeEvents(
  { pool, stripe }: ActivityDeps,
  { runAt, position }: RecoverStripeEventsRequest,
): Promise<RecoveredStripeEvents> {
  let done: Recovery = lastHeartbeat<Recovery>() ?? {
    position: position ?? { since: await beginning(pool), after: null },
    pages: 0,
    read: 0,
    recovered: {},
  };
  for (;;) {
    const { since, after } = done.position;
    const page = await stripe.events.list({
      limit: EVENTS_PER_PAGE,
      ...(since !== null && { created: { gte: since } }),
      ...(after !== null && { starting_after: after }),
    });
    assertObject(page, 'list');
    done = {
      position: { since, after: page.data.at(-1)?.id ?? after },
      pages: done.pages + 1,
      read: done.read + page.data.length,
      recovered: withTypes(done.recovered, await receiveMissing(pool, page.data)),
    };
    heartbeat(done);
    const { read, recovered } = done;
    if (!page.has_more) {
      await advanceEventCursor(pool, runAt);
      return { read, recovered, next: null };
    }
    if (done.pages >= PAGES_PER_CALL) return { read, recovered, next: done.position };
  }
}

/**
 * Events of a test clock may bear its time, and lie before anything that was read: with such
 * customers everything is read that Stripe still has. They exist in test mode only.
 */
async function beginning(pool: ActivityDeps['pool']): Promise<number | null> {
  const [cursor, clocks] = await Promise.all([readEventCursor(pool), listTestClocks(pool)]);
  return cursor === null || clocks.length > 0 ? null : Math.floor(cursor) - OVERLAP_SECONDS;
}

/** The types of those that were new to the inbox. What billing has no use for stays outside. */
async function receiveMissing(
  pool: ActivityDeps['pool'],
  listed: readonly Stripe.Event[],
): Promise<string[]> {
  const ofUse = listed.map(readListedEvent).filter((event) => event.ignoredBecause === undefined);
  const missing = await missingStripeEvents(
    pool,
    ofUse.map(({ id }) => id),
  );
  const types: string[] = [];
  for (const event of ofUse)
    if (missing.has(event.id) && (await receiveStripeEvent(pool, event))) types.push(event.type);
  return types;
}

function withTypes(counts: Recovery['recovered'], types: readonly string[]) {
  const sum: Record<string, number> = { ...counts };
  for (const type of types) sum[type] = (sum[type] ?? 0) + 1;
  return sum;
}

async function hintOverdueCustomers(
  deps: ActivityDeps,
  { runAt, after }: HintOverdueRequest,
): Promise<HintedCustomers> {
  let done: HintedCustomers = lastHeartbeat<HintedCustomers>() ?? {
    hinted: [],
    unlisted: [],
    next: after,
  };
  const overdue = await listOverdueCustomers(deps.pool, {
    now: runAt,
    clocks: await clockTimes(deps),
    renewalGraceSeconds: RENEWAL_GRACE_SECONDS,
    untouchedSeconds: UNTOUCHED_SECONDS,
    after: done.next,
    limit: CUSTOMERS_PER_CALL,
  });
  for (const customer of overdue) {
    const reason = await hintCustomer(deps, customer, runAt);
    done = {
      hinted: [...done.hinted, customer.customer],
      unlisted:
        reason === null
          ? done.unlisted
          : [...done.unlisted, { customer: customer.customer, reason }],
      next: customer.customer,
    };
    heartbeat(done);
  }
  return overdue.length < CUSTOMERS_PER_CALL ? { ...done, next: null } : done;
}

/** A deleted clock has no time any more, and its customers are gone with it. */
async function clockTimes({ pool, stripe }: ActivityDeps): Promise<Map<string, number>> {
  const clocks = createClocks(stripe);
  const times = new Map<string, number>();
  for (const id of await listTestClocks(pool)) {
    const now = await unlessRefused(() => clocks.now(id));
    if (now instanceof Date) times.set(id, now.getTime() / 1000);
    heartbeat(lastHeartbeat());
  }
  return times;
}

/** null, or why only what we knew ourselves was hinted at. */
async function hintCustomer(
  { stripe, signalStripeEvent }: ActivityDeps,
  { customer, subscriptionId, invoiceIds }: OverdueCustomer,
  runAt: number,
): Promise<string | null> {
  const listed = await unlessRefused(() =>
    stripe.invoices.list({ subscription: subscriptionId, limit: LATEST_INVOICES }),
  );
  const latest = typeof listed === 'string' ? [] : listed.data.map(({ id }) => id);
  // Oldest first, as the webhooks would have come.
  const invoices = new Set([...invoiceIds, ...latest.reverse()]);
  const hint = (type: string, objectId: string): StripeEventHint => ({
    id: reconciliationHintId(runAt, objectId),
    type,
    objectId,
    created: runAt,
  });
  await signalStripeEvent(customer, hint('customer.subscription.updated', subscriptionId));
  for (const invoice of invoices)
    await signalStripeEvent(customer, hint('invoice.updated', invoice));
  return typeof listed === 'string' ? listed : null;
}

/** What a repeat would not change is told as text; one customer must not stop all others. */
async function unlessRefused<T>(call: () => Promise<T>): Promise<T | string> {
  try {
    return await call();
  } catch (error) {
    const failure = classifyStripeError(error);
    if (failure?.kind !== 'invalid') throw error;
    return failure.summary;
  }
}

/** How far an earlier attempt of this activity came. */
const lastHeartbeat = <T>(): T | undefined => activityInfo().heartbeatDetails as T | undefined;
