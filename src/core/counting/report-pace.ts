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
export const WAIT_MS_LONG = 600;
/** Reports that wait for less leave room for more of them. */
export const WAIT_MS_SHORT = 400;
/** There is much room: where a machine is busy for four fifths of the time they wait so long. */
const WAIT_MS_NONE = 200;

/** What is known in several seconds only would be undone before it was seen. */
export const DECISION_MS = 10_000;

/** So is a machine that nobody has measured (migration 0045): it does 25 a second. */
export const SMALL_MACHINE_MS = 40;
/** Where five a second wait for long, something else is what they wait for. */
const MS_PER_CUSTOMER_MAX = 200;

/** The interval doubles where they wait for so much longer than that. */
const DOUBLING_MS = 4_000;
/** Workers that have just begun read each history anew: they are slow for a while, not for ever. */
const GROWTH_MAX = 3;
/** A wait that has become shorter by more than a quarter is on its way to be over. */
const DRAINING = 0.75;

/** A machine that is nearly busy makes urgent steps wait: so much of it is left for them. */
const MARGIN = 1.2;
/** The interval is halved at most, down to that. */
const SHRINKAGE_MAX = 0.5;
/** It shrinks so while nobody has seen what is too close: where hardly anybody waits, or not. */
const SHRINKAGE = { much: 0.8, little: 0.95 };
/** What is slow for a while, as workers are that have just begun, is not learned at once. */
const LEARNING = 1.25;
/** A machine may have less else to do than when customers were too close for it. */
const FORGETTING = { much: 0.9, little: 0.985 };

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

/** What is found out of a machine. */
export interface Pace {
  /** Each busy customer makes the interval longer by so much. */
  readonly msPerCustomer: number;
  /** Reports waited too long where customers were so close. 0: nobody has seen that. */
  readonly tooCloseMs: number;
}

/**
 * The pace from now on. The interval grows by how much too long reports wait, threefold at most,
 * unless they wait less and less already. Where they wait briefly it shrinks towards what is a
 * margin above where they once waited too long, which is forgotten bit by bit.
 */
export function nextPace(pace: Pace, waits: SeenWaits): Pace {
  const { busyCustomers, waitMs, earlierWaitMs } = waits;
  if (waitMs === undefined || busyCustomers === 0) return pace;
  if (waitMs <= WAIT_MS_LONG)
    return waitMs < WAIT_MS_SHORT ? closerPace(pace, waitMs, waits) : pace;
  if (earlierWaitMs !== undefined && waitMs < earlierWaitMs * DRAINING) return pace;
  // Few customers are far apart by what is asked, and no reason for others to wait.
  const askedOfEachMs = Math.min(waits.askedMs / busyCustomers, SMALL_MACHINE_MS);
  const fromMs = Math.max(pace.msPerCustomer, askedOfEachMs);
  const msPerCustomer = Math.min(MS_PER_CUSTOMER_MAX, fromMs * growthAfter(waitMs));
  const learnedMs = pace.tooCloseMs === 0 ? fromMs : pace.tooCloseMs * LEARNING;
  return { msPerCustomer, tooCloseMs: Math.min(fromMs, learnedMs) };
}

function closerPace(pace: Pace, waitMs: number, { busyCustomers, askedMs }: Busyness): Pace {
  const intervalMs = pacedIntervalMs(pace.msPerCustomer, { busyCustomers, askedMs });
  // What doesn't make the interval longer now may do so with more customers.
  if (intervalMs <= askedMs) return pace;
  const fromMs = intervalMs / busyCustomers;
  const room = waitMs < WAIT_MS_NONE ? 'much' : 'little';
  const tooCloseMs = pace.tooCloseMs * FORGETTING[room];
  const closestMs = Math.min(fromMs, tooCloseMs * MARGIN);
  const shrinkage = tooCloseMs === 0 ? SHRINKAGE[room] : SHRINKAGE_MAX;
  return { msPerCustomer: Math.max(closestMs, fromMs * shrinkage), tooCloseMs };
}

const growthAfter = (waitMs: number): number =>
  Math.min(GROWTH_MAX, 1 + (waitMs - WAIT_MS_LONG) / DOUBLING_MS);
