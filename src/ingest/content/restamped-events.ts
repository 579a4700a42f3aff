/**
 * Events that their sender stamps anew at each attempt, as OpenMeter's SDK does where an app gives
 * an id and no time: a repetition that differs in its time alone is a duplicate. Decision 41.
 */
import type { Pool } from 'pg';
import { DomainError } from '../../core/errors';
import type { UsageEvent } from '../../core/usage/usage';
import { findStoredContents } from '../../db/stored-usage-events';
import type { StoredContent } from '../../db/stored-usage-events';
import { keyText } from '../../db/usage-events';
import { contentHash } from './content-hash';

/** A time that is further from its receipt was not made by the attempt. */
const STAMP_MS_MAX = 5 * 60_000;
/** Whoever repeats an id after more than this has begun to count again. */
const REPEAT_MS_MAX = 24 * 60 * 60_000;

export interface Received<Outcome> {
  readonly events: readonly UsageEvent[];
  readonly outcomes: readonly Outcome[];
  readonly receivedAt: Date;
}

export async function takeRestamped<Outcome>(
  pool: Pool,
  { events, outcomes, receivedAt }: Received<Outcome>,
): Promise<(Outcome | 'duplicate')[]> {
  const isConflict = (index: number) => {
    const outcome = outcomes[index];
    return outcome instanceof DomainError && outcome.code === 'usage_event_conflict';
  };
  const candidates = events.filter(
    (event, index) => isConflict(index) && isStampedBySending(event, receivedAt),
  );
  if (candidates.length === 0) return [...outcomes];
  const contents = await findStoredContents(pool, candidates);
  return outcomes.map((outcome, index) => {
    const event = events[index] as UsageEvent;
    const content = contents.get(keyText(event));
    const isRepeated = candidates.includes(event) && content && isRepetition(event, content);
    return isRepeated ? 'duplicate' : outcome;
  });
}

function isStampedBySending({ mayBeRestamped, occurredAt }: UsageEvent, receivedAt: Date): boolean {
  if (mayBeRestamped !== true || occurredAt === undefined) return false;
  return Math.abs(Date.parse(occurredAt) - receivedAt.getTime()) <= STAMP_MS_MAX;
}

/** It is all the same but for its time. */
function isRepetition(event: UsageEvent, stored: StoredContent): boolean {
  const apartMs = Date.parse(String(event.occurredAt)) - Date.parse(stored.occurredAt);
  if (Math.abs(apartMs) > REPEAT_MS_MAX) return false;
  return contentHash(event, stored.occurredAt) === stored.contentHash;
}
