/**
 * How often usage is sent on where reports wait: Stripe's budget asks for an interval, and a
 * machine that is slower than the budget needs a longer one. It is found out by how long reports
 * have waited for a worker, and kept as what each busy customer adds to it, so that it follows
 * their number.
 */

/**
 * Nobody's usage waits for longer, however slow the machine is: below the five minutes after which
 * a report that has not come is taken for one that was forgotten.
 */
export const PACED_INTERVAL_MS_MAX = 240_000;

/** Reports that wait for longer keep what is urgent waiting, too. */
export const WAIT_MS_LONG = 2_000;
/** Reports that wait for less leave room for more of them. */
export const WAIT_MS_SHORT = 1_000;

/** What is known in several seconds only would be undone before it was seen. */
export const DECISION_MS_MIN = 10_000;

const GROWTH_MAX = 2;
const SHRINKAGE = 0.8;

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

/** Tells whether what was decided last has had its time to show: each customer was sent usage. */
export const isDecisionDue = (sinceDecisionMs: number | null, intervalMs: number): boolean =>
  sinceDecisionMs === null || sinceDecisionMs >= Math.max(DECISION_MS_MIN, intervalMs);

/**
 * What each busy customer adds from now on. The interval grows by as much as reports wait too long,
 * at most to double; it shrinks by a fifth, so that it nears from above what the machine can do.
 * `waitMs` undefined: nothing was seen, and nothing is learned.
 */
export function nextMsPerCustomer(
  msPerCustomer: number,
  { busyCustomers, askedMs, waitMs }: Busyness & { readonly waitMs: number | undefined },
): number {
  if (waitMs === undefined || busyCustomers === 0) return msPerCustomer;
  const intervalMs = pacedIntervalMs(msPerCustomer, { busyCustomers, askedMs });
  if (waitMs > WAIT_MS_LONG) {
    const grownMs = intervalMs * Math.min(GROWTH_MAX, waitMs / WAIT_MS_LONG);
    return Math.min(Math.max(PACED_INTERVAL_MS_MAX, askedMs), grownMs) / busyCustomers;
  }
  // What doesn't make the interval longer now may do so with more customers.
  if (waitMs >= WAIT_MS_SHORT || intervalMs <= askedMs) return msPerCustomer;
  return (intervalMs * SHRINKAGE) / busyCustomers;
}
