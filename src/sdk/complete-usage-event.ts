/** A usage event, completed and checked before it is kept: what would be refused is refused now. */
import { randomUUID } from 'node:crypto';
import { TollkeeperError } from './tollkeeper-error';
import type { NewUsageEvent, UsageEvent, TokenCounts } from './usage-event';
import { TOKEN_TYPES } from './usage-event';

const NAME_LENGTH_MAX = 200;

const METADATA_BYTES_MAX = 4_096;

/**
 * The event has an id and a time from now on, so that whatever is sent again is a duplicate. Throws
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
  const givenTypes = TOKEN_TYPES.filter((type) => tokens?.[type] !== undefined);
  if (givenTypes.length === 0) throw invalid(`tokens has none of ${TOKEN_TYPES.join(', ')}`);
  const wrongType = givenTypes.find(
    (type) => !Number.isSafeInteger(tokens[type]) || tokens[type]! < 0,
  );
  if (wrongType === undefined)
    return Object.fromEntries(givenTypes.map((type) => [type, tokens[type]]));
  throw invalid(
    `tokens.${wrongType} is ${tokens[wrongType]}: expected a whole number of 0 or more`,
  );
}

function checkedTime(time: string | Date): string {
  const date = new Date(time);
  if (!Number.isNaN(date.getTime())) return date.toISOString();
  throw invalid(`occurredAt is ${String(time)}: expected a date, or ISO 8601`);
}

const invalid = (fault: string): TollkeeperError =>
  new TollkeeperError('invalid_usage_event', `The usage event can't be recorded: ${fault}.`);
