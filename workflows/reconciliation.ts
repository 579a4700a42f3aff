/**
 * `reconciliation`: once a day, what webhooks may have left out.
 *
 *   recover   pages through Stripe's events; those that never arrived are put into the inbox
 *   hint      customers of whom something should have been heard are told to look at Stripe
 *
 * Both come in parts, each an activity, so that a long gap is many short steps. What is refused is
 * an open exception and is tried again, after five minutes or the signal `reconcileAgain`.
 */
import {
  condition,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
} from '@temporalio/workflow';
import type { UnreadEvent } from '../activities/receive-missing';
import type { EventPosition } from '../activities/lost-events';
import { reconcileAgainSignal } from './contract';
import type { LostEventsInput } from './contract';
import { lostEvents, REFUSED_RETRY_MS } from './proxies';
import { OpenException } from './search-attributes';
import { causeOf, isRefusal } from './failures';

/** Later it is for the next day's run; what it may wait for by then ends before that begins. */
const PATIENCE_MS = 9 * 3_600_000;

/** Most customers whose names are kept; the counts include all. */
const NAMES_MAX = 200;

export interface LostEventsRun {
  /** Unix seconds. */
  readonly runAt: number;
  /** Events that Stripe's list had. */
  readonly eventsRead: number;
  /** How many of each type had never arrived. */
  readonly eventsRecovered: Readonly<Record<string, number>>;
  readonly customersHinted: number;
  readonly customers: readonly string[];
  /** Customers who could not be hinted, or whose invoices Stripe refused to list, and why. */
  readonly unlisted: readonly { readonly customer: string; readonly reason: string }[];
  /** Events of Stripe that could not be read or kept. Absent: none. */
  readonly unread?: readonly UnreadEvent[];
  /** What was refused still when the run ended. */
  readonly fault: string | null;
}

type Part = (run: LostEventsRun, show: Show) => Promise<void>;

export async function reconciliation(input: LostEventsInput = {}): Promise<LostEventsRun> {
  const { isOnce = false } = input;
  const begunAt = Date.now();
  let run: LostEventsRun = {
    runAt: Math.floor(begunAt / 1000),
    eventsRead: 0,
    eventsRecovered: {},
    customersHinted: 0,
    customers: [],
    unlisted: [],
    fault: null,
  };
  let isAsked = false;
  let isTold = false;
  setHandler(reconcileAgainSignal, () => {
    isAsked = true;
  });
  const show = (next: LostEventsRun) => {
    run = next;
    setCurrentDetails(detailsOf(run));
  };
  let parts: readonly Part[] = [recoverEvents, hintOverdue];
  for (;;) {
    const refusedParts: Part[] = [];
    for (const part of parts) if (!(await tryPart(part, run, show))) refusedParts.push(part);
    if (refusedParts.length === 0 && isTold) tellOf(null);
    if (refusedParts.length === 0 || isOnce || Date.now() - begunAt > PATIENCE_MS) return run;
    parts = refusedParts;
    if (!isTold) tellOf('stripe_refused');
    isTold = true;
    isAsked = false;
    const summary = 'until what was refused is tried again';
    await condition(() => isAsked, REFUSED_RETRY_MS, { summary });
    show({ ...run, fault: null });
  }
}

/** False says that it was refused. The other part needs nothing of it, and is done all the same. */
async function tryPart(part: Part, run: LostEventsRun, show: Show): Promise<boolean> {
  let latest = run;
  const showLatest: Show = (next) => show((latest = next));
  try {
    await part(run, showLatest);
    return true;
  } catch (error) {
    if (!isRefusal(error)) throw error;
    const fault = part === hintOverdue ? `overdue customers: ${causeOf(error)}` : causeOf(error);
    show({ ...latest, fault: run.fault ?? fault });
    return false;
  }
}

const tellOf = (kind: string | null): void =>
  upsertSearchAttributes([{ key: OpenException, value: kind }]);

type Show = (run: LostEventsRun) => void;

async function recoverEvents(firstRun: LostEventsRun, show: Show): Promise<void> {
  let run = { ...firstRun, eventsRead: 0 };
  let position: EventPosition | undefined;
  do {
    const summary = position ? `events before ${position.after}` : 'the newest events';
    const part = await lostEvents.recoverStripeEvents.executeWithOptions({ summary }, [
      { runAt: run.runAt, ...(position && { position }) },
    ]);
    run = {
      ...run,
      eventsRead: run.eventsRead + part.read,
      eventsRecovered: sumOf(run.eventsRecovered, part.recovered),
      ...(part.unread && { unread: [...(run.unread ?? []), ...part.unread].slice(0, NAMES_MAX) }),
    };
    show(run);
    position = part.next ?? undefined;
  } while (position);
}

async function hintOverdue(firstRun: LostEventsRun, show: Show): Promise<void> {
  let run: LostEventsRun = { ...firstRun, customersHinted: 0, customers: [], unlisted: [] };
  let cursor: string | null = null;
  do {
    const summary: string = cursor === null ? 'overdue customers' : `after ${cursor}`;
    const part: Awaited<ReturnType<typeof lostEvents.hintOverdueCustomers>> =
      await lostEvents.hintOverdueCustomers.executeWithOptions({ summary }, [
        { runAt: run.runAt, after: cursor },
      ]);
    run = {
      ...run,
      customersHinted: run.customersHinted + part.hinted.length,
      customers: [...run.customers, ...part.hinted].slice(0, NAMES_MAX),
      unlisted: [...run.unlisted, ...part.unlisted].slice(0, NAMES_MAX),
    };
    show(run);
    cursor = part.next;
  } while (cursor !== null);
}

function sumOf(a: Readonly<Record<string, number>>, b: Readonly<Record<string, number>>) {
  const sum = { ...a };
  for (const [type, count] of Object.entries(b)) sum[type] = (sum[type] ?? 0) + count;
  return sum;
}

function detailsOf(run: LostEventsRun): string {
  const counts = Object.entries(run.eventsRecovered);
  const total = counts.reduce((sum, [, count]) => sum + count, 0);
  return [
    `**Events of Stripe read**: ${run.eventsRead}`,
    `**Recovered, as they had never arrived**: ${total}`,
    ...counts.map(([type, count]) => `- ${type}: ${count}`),
    `**Customers hinted at what is overdue**: ${run.customersHinted}`,
    ...run.customers.map((customer) => `- ${customer}`),
    ...run.unlisted.map(
      ({ customer, reason }) => `- ${customer}: not listed, or not hinted: ${reason}`,
    ),
    ...(run.unread ?? []).map(({ event, reason }) => `- ${event}: not read: ${reason}`),
    ...(run.fault === null ? [] : [`**Refused, and tried again**: ${run.fault}`]),
  ].join('\n\n');
}
