/** Customers whose renewal or invoice is overdue are given a hint to look, part by part. */
import { heartbeat } from '@temporalio/activity';
import { reconciliationHintId } from '../src/core/ids';
import { listOverdueCustomers, listTestClocks } from '../src/db/lost-events';
import type { OverdueCustomer } from '../src/db/lost-events';
import { classifyStripeError } from '../src/stripe/errors';
import { createClocks } from '../src/stripe/test-clocks';
import type { ActivityDeps } from './deps';
import type { StripeEventHint } from '../src/core/state/remembered';
import { lastHeartbeat } from './last-heartbeat';

const CUSTOMERS_PER_CALL = 100;

/** Stripe tells of a renewal within minutes. */
const RENEWAL_GRACE_SECONDS = 3 * 3600;

/** One customer's fault stops no other; so many together are an outage. */
const FAULTS_IN_A_ROW_MAX = 3;

/** A draft is finalized after an hour, or three days at most while a webhook fails. */
const UNTOUCHED_SECONDS = 24 * 3600;

/** The current invoice, the one before, and one that somebody made by hand. */
const LATEST_INVOICES = 3;

export interface HintOverdueRequest {
  readonly runAt: number;
  /** The last customer of the part before this one. */
  readonly after: string | null;
}

interface Unlisted {
  readonly customer: string;
  readonly reason: string;
}

export interface HintedCustomers {
  readonly hinted: readonly string[];
  /**
   * These were not hinted, or only at what we knew ourselves, as Stripe refused to list their
   * invoices.
   */
  readonly unlisted: readonly Unlisted[];
  readonly next: string | null;
}

export async function hintOverdueCustomers(
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
  let faults: Unlisted[] = [];
  const note = (at: string, hinted: readonly string[], unlisted: readonly Unlisted[]): void => {
    done = {
      hinted: [...done.hinted, ...hinted],
      unlisted: [...done.unlisted, ...unlisted],
      next: at,
    };
    faults = [];
    heartbeat(done);
  };
  for (const one of overdue) {
    const { customer } = one;
    try {
      const reason = await hintCustomer(deps, one, runAt);
      note(customer, [customer], [...faults, ...(reason === null ? [] : [{ customer, reason }])]);
    } catch (error) {
      faults.push({ customer, reason: error instanceof Error ? error.message : String(error) });
      // So many in a row, or all there are, is no fault of theirs: they are tried again.
      if (faults.length >= Math.min(FAULTS_IN_A_ROW_MAX, overdue.length)) throw error;
    }
  }
  const last = faults.at(-1);
  if (last) note(last.customer, [], faults);
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

/** Answers null, or why only what we knew ourselves was hinted at. */
async function hintCustomer(
  { stripe, signalStripeEvent }: ActivityDeps,
  { customer, subscriptionId, invoiceIds }: OverdueCustomer,
  runAt: number,
): Promise<string | null> {
  const invoicePage = await unlessRefused(() =>
    stripe.invoices.list({ subscription: subscriptionId, limit: LATEST_INVOICES }),
  );
  const latest = typeof invoicePage === 'string' ? [] : invoicePage.data.map(({ id }) => id);
  // The oldest goes first, as the webhooks would have come.
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
  return typeof invoicePage === 'string' ? invoicePage : null;
}

/** What a repeat would not change is told as text; one customer must not stop all others. */
async function unlessRefused<T>(call: () => Promise<T>): Promise<T | string> {
  try {
    return await call();
  } catch (error) {
    const failure = classifyStripeError(error);
    if (!failure || failure.retryable) throw error;
    return failure.summary;
  }
}
