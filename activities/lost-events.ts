/**
 * The daily search for lost events: those whose webhook was lost are put into the inbox, part by
 * part, and each part tells where the next one begins. activities/overdue-hints.ts does the other
 * half.
 */
import { heartbeat } from '@temporalio/activity';
import { advanceEventCursor, listTestClocks, readEventCursor } from '../src/db/lost-events';
import { assertObject } from '../src/stripe/client';
import type { ActivityDeps } from './deps';
import { receiveMissing } from './receive-missing';
import type { UnreadEvent } from './receive-missing';
import type { HintOverdueRequest, HintedCustomers } from './overdue-hints';
import { hintOverdueCustomers } from './overdue-hints';
import { lastHeartbeat } from './last-heartbeat';

const EVENTS_PER_PAGE = 100;
const PAGES_PER_CALL = 50;
/** Most events that are named with the reason why they can't be read. */
const UNREAD_MAX = 50;
/** So much is read again each time: Stripe is slow to list some, and our clock may be off. */
const OVERLAP_SECONDS = 24 * 3600;

export interface EventPosition {
  /** Unix seconds; null means from as early as Stripe keeps events, which is 30 days. */
  readonly since: number | null;
  /** The event that was read last; Stripe lists the newest first. */
  readonly after: string | null;
}

export interface RecoverStripeEventsRequest {
  /** Unix seconds: when this reconciliation began. */
  readonly runAt: number;
  /** Where the part before this one ended; absent, it starts at the beginning. */
  readonly position?: EventPosition;
}

export interface RecoveredStripeEvents {
  readonly read: number;
  /** How many of each type were not in the inbox. */
  readonly recovered: Readonly<Record<string, number>>;
  /** Events that can't be read or stored, with the reason. Absent: none. */
  readonly unread?: readonly UnreadEvent[];
  /** null says that all is read. */
  readonly next: EventPosition | null;
}

export function createLostEventActivities(deps: ActivityDeps) {
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
  readonly unread?: readonly UnreadEvent[];
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
    const received = await receiveMissing(pool, page.data);
    const unread = [...(done.unread ?? []), ...received.unread].slice(0, UNREAD_MAX);
    done = {
      position: { since, after: page.data.at(-1)?.id ?? after },
      pages: done.pages + 1,
      read: done.read + page.data.length,
      recovered: withTypes(done.recovered, received.types),
      ...(unread.length > 0 && { unread }),
    };
    heartbeat(done);
    const { read, recovered } = done;
    const part = { read, recovered, ...(unread.length > 0 && { unread }) };
    if (!page.has_more) {
      await advanceEventCursor(pool, runAt);
      return { ...part, next: null };
    }
    if (done.pages >= PAGES_PER_CALL) return { ...part, next: done.position };
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

function withTypes(counts: Recovery['recovered'], types: readonly string[]) {
  const sum: Record<string, number> = { ...counts };
  for (const type of types) sum[type] = (sum[type] ?? 0) + 1;
  return sum;
}
