/** The usage event as an app records it, and what makes it one that can be spooled. */
import { randomUUID } from 'node:crypto';
import { TollkeeperError } from './tollkeeper-error';

const TOKEN_TYPES = ['input', 'output', 'cacheRead', 'cacheWrite', 'reasoning'] as const;
export type TokenType = (typeof TOKEN_TYPES)[number];

/** Whole tokens by type. Exclusive pools: the call's total is their sum; left out is zero. */
export type TokenCounts = Partial<Record<TokenType, number>>;

/** One metered call, ready to be sent. */
export interface UsageEvent {
  /** Unique over the whole ledger: the same id with the same content counts once. */
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

/** As given to `recordUsage`: the id is made when left out, and `occurredAt` is then now. */
export type NewUsageEvent = Omit<UsageEvent, 'id' | 'occurredAt'> & {
  readonly id?: string;
  readonly occurredAt?: string | Date;
};

const NAME_LENGTH_MAX = 200;
const METADATA_BYTES_MAX = 4_096;

/**
 * With an id and a time from now on, so that whatever is sent again is a duplicate. Throws
 * `invalid_usage_event` for what the API would refuse whole.
 */
export function completeUsageEvent(event: NewUsageEvent, now: Date): UsageEvent {
  const { id = randomUUID(), customer, model, tokens, occurredAt = now, vendor, metadata } = event;
  checkName('id', id);
  checkName('customer', customer);
  checkName('model', model);
  if (vendor !== undefined) checkName('vendor', vendor);
  if (metadata !== undefined && Buffer.byteLength(JSON.stringify(metadata)) > METADATA_BYTES_MAX)
    throw invalid(`metadata has more than ${METADATA_BYTES_MAX} bytes as JSON`);
  return {
    id,
    customer,
    model,
    tokens: checkedTokens(tokens),
    occurredAt: checkedTime(occurredAt),
    ...(vendor !== undefined && { vendor }),
    ...(metadata !== undefined && { metadata }),
  };
}

function checkName(field: string, value: unknown): void {
  if (typeof value === 'string' && value.length > 0 && value.length <= NAME_LENGTH_MAX) return;
  throw invalid(
    `${field} is ${JSON.stringify(value)}: expected text of 1 to ${NAME_LENGTH_MAX} characters`,
  );
}

function checkedTokens(tokens: TokenCounts): TokenCounts {
  const given = TOKEN_TYPES.filter((type) => tokens?.[type] !== undefined);
  if (given.length === 0) throw invalid(`tokens has none of ${TOKEN_TYPES.join(', ')}`);
  const wrong = given.find((type) => !Number.isSafeInteger(tokens[type]) || tokens[type]! < 0);
  if (wrong === undefined) return Object.fromEntries(given.map((type) => [type, tokens[type]]));
  throw invalid(`tokens.${wrong} is ${tokens[wrong]}: expected a whole number of 0 or more`);
}

function checkedTime(time: string | Date): string {
  const date = new Date(time);
  if (!Number.isNaN(date.getTime())) return date.toISOString();
  throw invalid(`occurredAt is ${String(time)}: expected a date, or ISO 8601`);
}

const invalid = (fault: string): TollkeeperError =>
  new TollkeeperError('invalid_usage_event', `The usage event can't be recorded: ${fault}.`);
