/**
 * The usage vocabulary: what an app sends (usage event) and what a workflow counts (usage batch).
 */

/** Exclusive pools: a call's total is their sum, and no token is in two of them. */
export const TOKEN_TYPES = ['input', 'output', 'cacheRead', 'cacheWrite', 'reasoning'] as const;
export type TokenType = (typeof TOKEN_TYPES)[number];

/** Whole tokens by type; a missing type is zero. */
export type TokenCounts = Readonly<Partial<Record<TokenType, number>>>;

/** One metered call, as sent. */
export interface UsageEvent {
  readonly id: string;
  readonly customer: string;
  readonly model: string;
  readonly tokens: TokenCounts;
  /** ISO 8601 in UTC; left out when the app did not say, and then the time of receipt counts. */
  readonly occurredAt?: string;
  readonly vendor?: string;
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** Its sender may have stamped `occurredAt` as it left, and does so again with each attempt. */
  readonly mayBeRestamped?: true;
}

/** Tokens that one customer used in one second, by model, type and vendor. */
export interface UsageLine {
  /** Unix seconds (UTC): Stripe's periods are whole seconds, so a line never straddles an edge. */
  readonly second: number;
  readonly model: string;
  readonly tokenType: TokenType;
  readonly vendor?: string;
  readonly tokens: number;
}

/** What one sealing pass found for one customer. `sequence` runs 1, 2, 3 … without gaps. */
export interface UsageBatch {
  readonly sequence: number;
  readonly lines: readonly UsageLine[];
  /** Unix seconds at which the earliest of it was recorded. Absent: release 0.1.0 sealed it. */
  readonly recordedFrom?: number;
}

/** No single count may exceed this: a thousand times what the largest model reads in one call. */
export const TOKENS_PER_COUNT_MAX = 10_000_000_000;
/**
 * More than this in about a month is a broken counter: thirty times as much, as one day may be
 * projected to a month, is still a safe integer.
 */
export const CUSTOMER_TOKENS_MAX = 100_000_000_000_000;
/** A sealed batch carries at most this many lines; a longer one is split into several sequences. */
export const LINES_PER_BATCH_MAX = 500;
/**
 * `occurredAt` may lie so far from the customer's now: these are Stripe's own limits for meter
 * events.
 */
export const OCCURRED_AHEAD_SECONDS_MAX = 5 * 60;
export const OCCURRED_BEHIND_SECONDS_MAX = 35 * 24 * 60 * 60;
