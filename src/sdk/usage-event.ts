/** The usage event as an app records it, and what makes it one that can be spooled. */

export const TOKEN_TYPES = ['input', 'output', 'cacheRead', 'cacheWrite', 'reasoning'] as const;
export type TokenType = (typeof TOKEN_TYPES)[number];

/** Whole tokens by type. Exclusive pools: the call's total is their sum; left out is zero. */
export type TokenCounts = Partial<Record<TokenType, number>>;

/** One metered call, ready to be sent. */
export interface UsageEvent {
  /** The customer's own, for ever: the same id with the same content counts once. */
  readonly id: string;
  /** Your own id of the customer. */
  readonly customer: string;
  readonly model: string;
  readonly tokens: TokenCounts;
  /** ISO 8601 in UTC. */
  readonly occurredAt: string;
  readonly vendor?: string;
  /** JSON of at most 4,096 bytes, kept with the usage event. */
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/** `recordUsage` takes it so: the id is made when left out, and `occurredAt` is then now. */
export type NewUsageEvent = Omit<UsageEvent, 'id' | 'occurredAt'> & {
  readonly id?: string;
  readonly occurredAt?: string | Date;
};
