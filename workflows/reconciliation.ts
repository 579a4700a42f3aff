/**
 * `reconciliation`: once a day, what webhooks may have left out.
 *
 *   recover   pages through Stripe's events; those that never arrived are put into the inbox
 *   hint      customers of whom something should have been heard are told to look at Stripe
 *
 * Both come in parts, each an activity, so that a long gap is many short steps.
 */
import { ApplicationFailure, isCancellation, setCurrentDetails } from '@temporalio/workflow';
import type { EventPosition } from '../activities/reconciliation';
import { reconciler } from './proxies';
import { causeOf } from './report-usage';

/** Of so many customers the names are kept; the counts are of all. */
const NAMES_MAX = 200;

export interface ReconciliationRun {
  /** Unix seconds. */
  readonly runAt: number;
  /** Events that Stripe's list had. */
  readonly eventsRead: number;
  /** How many of each type had never arrived. */
  readonly eventsRecovered: Readonly<Record<string, number>>;
  readonly customersHinted: number;
  readonly customers: readonly string[];
  /** Customers whose invoices Stripe refused to list, with its reason. */
  readonly unlisted: readonly { readonly customer: string; readonly reason: string }[];
  /** Why Stripe's events could not be read. */
  readonly fault: string | null;
}

export async function reconciliation(): Promise<ReconciliationRun> {
  let run: ReconciliationRun = {
    runAt: Math.floor(Date.now() / 1000),
    eventsRead: 0,
    eventsRecovered: {},
    customersHinted: 0,
    customers: [],
    unlisted: [],
    fault: null,
  };
  const show = (next: ReconciliationRun) => {
    run = next;
    setCurrentDetails(detailsOf(run));
  };
  try {
    await recoverEvents(run, show);
  } catch (error) {
    if (isCancellation(error)) throw error;
    // Hints need no list of events: they are given all the same.
    show({ ...run, fault: causeOf(error) });
  }
  await hintOverdue(run, show);
  if (run.fault === null) return run;
  throw ApplicationFailure.create({
    message: `Stripe's events could not be read: ${run.fault}`,
    type: 'events_not_read',
    nonRetryable: true,
    details: [run],
  });
}

type Show = (run: ReconciliationRun) => void;

async function recoverEvents(begun: ReconciliationRun, show: Show): Promise<void> {
  let run = begun;
  let position: EventPosition | undefined;
  do {
    const summary = position ? `events before ${position.after}` : 'the newest events';
    const part = await reconciler.recoverStripeEvents.executeWithOptions({ summary }, [
      { runAt: run.runAt, ...(position && { position }) },
    ]);
    run = {
      ...run,
      eventsRead: run.eventsRead + part.read,
      eventsRecovered: sumOf(run.eventsRecovered, part.recovered),
    };
    show(run);
    position = part.next ?? undefined;
  } while (position);
}

async function hintOverdue(begun: ReconciliationRun, show: Show): Promise<void> {
  let run = begun;
  let after: string | null = null;
  do {
    const summary: string = after === null ? 'overdue customers' : `after ${after}`;
    const part: Awaited<ReturnType<typeof reconciler.hintOverdueCustomers>> =
      await reconciler.hintOverdueCustomers.executeWithOptions({ summary }, [
        { runAt: run.runAt, after },
      ]);
    run = {
      ...run,
      customersHinted: run.customersHinted + part.hinted.length,
      customers: [...run.customers, ...part.hinted].slice(0, NAMES_MAX),
      unlisted: [...run.unlisted, ...part.unlisted].slice(0, NAMES_MAX),
    };
    show(run);
    after = part.next;
  } while (after !== null);
}

function sumOf(a: Readonly<Record<string, number>>, b: Readonly<Record<string, number>>) {
  const sum = { ...a };
  for (const [type, count] of Object.entries(b)) sum[type] = (sum[type] ?? 0) + count;
  return sum;
}

function detailsOf(run: ReconciliationRun): string {
  const recovered = Object.entries(run.eventsRecovered);
  const total = recovered.reduce((sum, [, count]) => sum + count, 0);
  return [
    `**Events of Stripe read**: ${run.eventsRead}`,
    `**Recovered, as they had never arrived**: ${total}`,
    ...recovered.map(([type, count]) => `- ${type}: ${count}`),
    `**Customers hinted at what is overdue**: ${run.customersHinted}`,
    ...run.customers.map((customer) => `- ${customer}`),
    ...run.unlisted.map(({ customer, reason }) => `- ${customer}: invoices not listed: ${reason}`),
    ...(run.fault === null ? [] : [`**Stripe's events could not be read**: ${run.fault}`]),
  ].join('\n\n');
}
