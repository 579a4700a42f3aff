/**
 * How often usage is sent on where reports wait: Stripe's budget asks for an interval, and a
 * machine that is slower than the budget needs a longer one. It is found out by how long reports
 * have waited for a worker, and kept as what each busy customer adds to it: the time from one
 * customer's usage to the next one's, so that the interval follows their number, and no moment has
 * more of them than the machine can do.
 */

/**
 * Nobody's usage waits for longer, however slow the machine is: below the five minutes after which
 * a report that has not come is taken for one that was forgotten.
 */
export const PACED_INTERVAL_MS_MAX = 240_000;

/** Reports that wait for longer keep what is urgent waiting, too. */
export const WAIT_MS_LONG = 1_000;
/** Reports that wait for less leave room for more of them. */
export const WAIT_MS_SHORT = 500;
/** There is much room. */
const WAIT_MS_NONE = 250;

/** What is known in several seconds only would be undone before it was seen. */
export const DECISION_MS = 10_000;

/** So is a machine that nobody has measured (migration 0045): it does 25 a second. */
export const SMALL_MACHINE_MS = 40;
/** Where five a second wait for long, something else is what they wait for. */
const MS_PER_CUSTOMER_MAX = 200;

const GROWTH_MAX = 1.5;
const SHRINKAGE = 0.8;
const SHRINKAGE_MAX = 0.6;
/** A wait that has become shorter by more than a quarter is on its way to be over. */
const DRAINING = 0.75;

export interface Busyness {
  readonly busyCustomers: number;
  /** The interval that Stripe's budget, or the operator, asks for. */
  readonly askedMs: number;
}

/** Milliseconds between two signals to a customer who uses something all the time. */
export function pacedIntervalMs(
  msPerCustomer: number,
  { busyCustomers, askedMs }: Busyness,
): number {
  const neededMs = Math.min(PACED_INTERVAL_MS_MAX, Math.ceil(busyCustomers * msPerCustomer));
  return Math.max(askedMs, neededMs);
}

/** Milliseconds from one customer's usage to the next one's, all workers together. */
export const spacingMs = (msPerCustomer: number, busyCustomers: number): number =>
  Math.min(msPerCustomer, PACED_INTERVAL_MS_MAX / Math.max(1, busyCustomers));

/** Tells whether what was decided last has had its time to show. */
export const isDecisionDue = (sinceDecisionMs: number | null): boolean =>
  sinceDecisionMs === null || sinceDecisionMs >= DECISION_MS;

export interface SeenWaits extends Busyness {
  /** Undefined: nothing was seen, and nothing is learned. */
  readonly waitMs: number | undefined;
  /** It was so at the decision before. Undefined: nothing was seen then. */
  readonly earlierWaitMs?: number | undefined;
}

/**
 * What each busy customer adds from now on. The interval grows by as much as reports wait too long,
 * by half at most, unless they wait less and less already; it shrinks by a fifth, or faster from
 * far above what the machine can do.
 */
export function nextMsPerCustomer(
  msPerCustomer: number,
  { busyCustomers, askedMs, waitMs, earlierWaitMs }: SeenWaits,
): number {
  if (waitMs === undefined || busyCustomers === 0) return msPerCustomer;
  if (waitMs > WAIT_MS_LONG) {
    if (earlierWaitMs !== undefined && waitMs < earlierWaitMs * DRAINING) return msPerCustomer;
    // Few customers are far apart by what is asked, and no reason for others to wait.
    const fromMs = Math.max(msPerCustomer, Math.min(askedMs / busyCustomers, SMALL_MACHINE_MS));
    return Math.min(MS_PER_CUSTOMER_MAX, fromMs * Math.min(GROWTH_MAX, waitMs / WAIT_MS_LONG));
  }
  const intervalMs = pacedIntervalMs(msPerCustomer, { busyCustomers, askedMs });
  // What doesn't make the interval longer now may do so with more customers.
  if (waitMs >= WAIT_MS_SHORT || intervalMs <= askedMs) return msPerCustomer;
  return (intervalMs * (waitMs < WAIT_MS_NONE ? SHRINKAGE_MAX : SHRINKAGE)) / busyCustomers;
}
