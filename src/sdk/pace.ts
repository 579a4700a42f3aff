/**
 * How a throttled customer's calls are spread over the minute: one rule, for apps that ask for the
 * access themselves and for calls that pass our proxy.
 */

export interface Advice {
  /** Calls a minute that the customer should have. */
  readonly perMinute: number;
  /** No call is held longer. */
  readonly maxDelayMs: number;
}

export interface Slot {
  /** Milliseconds from now; at most `maxDelayMs`. */
  readonly waitMs: number;
  /** The call after this one goes then, or later. */
  readonly nextAt: number;
  /** It would have had to wait longer: there are more calls than the advice has places. */
  readonly isBeyond: boolean;
}

/** The place of the next call, where the one before left `nextAt`; times are of `Date.now()`. */
export function nextSlot(nextAt: number, now: number, { perMinute, maxDelayMs }: Advice): Slot {
  const wantedAt = Math.max(now, nextAt);
  const goesAt = Math.min(wantedAt, now + maxDelayMs);
  return {
    waitMs: goesAt - now,
    nextAt: goesAt + 60_000 / perMinute,
    isBeyond: wantedAt > goesAt,
  };
}

/** undefined: the calls go as they come. */
export function perMinuteOf(
  access: { readonly state: string; readonly requestsPerMinute?: number } | undefined,
): number | undefined {
  const perMinute = access?.state === 'throttled' ? access.requestsPerMinute : undefined;
  return perMinute !== undefined && perMinute > 0 ? perMinute : undefined;
}
