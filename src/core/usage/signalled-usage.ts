/**
 * Usage that apps have signalled and that is not in the ledger yet is kept in order, and handed to
 * the ledger many signals at a time. Nothing is known of it, not even its shape.
 */
import { leastRecentlyRefused } from '../state/refused';
import { jsonText, NESTED_TOO_DEEPLY, shortened } from '../text';

/** A signal's usage events, or a part of them. */
export interface SignalledUsage {
  /** Names the signal: run and number. */
  readonly signal: string;
  /** These usage events begin here in the signal's list. */
  readonly from: number;
  readonly events: readonly unknown[];
  /** Unix milliseconds, by the workflow's clock. */
  readonly receivedAt: number;
  /** Characters of their JSON. */
  readonly size: number;
  /** It was refused among others: it is tried without them. */
  readonly isAlone?: true;
  /** Unix milliseconds at which it was refused by itself: all others go first. */
  readonly refusedAt?: number;
}

/** Most characters that are handed over at once; Temporal takes some times as much. */
const SIZE_MAX = 128 * 1024;
const EVENTS_MAX = 1_000;
/** A usage event is far smaller. A larger one is kept as the text that it is rejected with. */
const EVENT_SIZE_MAX = 64 * 1024;
const SHOWN_CHARACTERS_MAX = 4_000;
/** What a run may leave to the next one. */
const CARRIED_SIZE_MAX = 256 * 1024;

export function partsOf(
  signal: string,
  events: readonly unknown[],
  receivedAt: number,
): SignalledUsage[] {
  const parts: (SignalledUsage & { readonly events: unknown[]; size: number })[] = [];
  for (const [from, event] of events.entries()) {
    const { kept, size } = keptOf(event ?? null);
    const last = parts.at(-1);
    if (last && last.events.length < EVENTS_MAX && last.size + size <= SIZE_MAX) {
      last.events.push(kept);
      last.size += size;
    } else parts.push({ signal, from, events: [kept], receivedAt, size });
  }
  return parts;
}

/** What can't be written as JSON could never be handed over. */
function keptOf(event: unknown): { kept: unknown; size: number } {
  const text = jsonText(event);
  const isWhole = text.length <= EVENT_SIZE_MAX && text !== NESTED_TOO_DEEPLY;
  const content = isWhole ? event : shortened(text, SHOWN_CHARACTERS_MAX);
  return { kept: content, size: Math.min(text.length, EVENT_SIZE_MAX) };
}

/** What is handed over next: as many as fit, or one that was refused before. */
export function nextSignalled(queue: readonly SignalledUsage[]): SignalledUsage[] {
  const fresh = queue.filter(({ isAlone, refusedAt }) => !isAlone && refusedAt === undefined);
  let size = 0;
  let events = 0;
  const fitting = fresh.findIndex((one) => {
    size += one.size;
    events += one.events.length;
    return size > SIZE_MAX || events > EVENTS_MAX;
  });
  if (fresh.length > 0) return fitting === -1 ? fresh : fresh.slice(0, Math.max(1, fitting));
  const first = leastRecentlyRefused(queue, ({ refusedAt }) => refusedAt);
  return first ? [first] : [];
}

export const withoutSignalled = (
  queue: readonly SignalledUsage[],
  batch: readonly SignalledUsage[],
): SignalledUsage[] => queue.filter((one) => !batch.includes(one));

/** One among them may be what is refused: it must not keep the others waiting. */
export const refuseSignalled = (
  queue: readonly SignalledUsage[],
  batch: readonly SignalledUsage[],
  refusedAt: number,
): SignalledUsage[] =>
  queue.map((one) => {
    if (!batch.includes(one)) return one;
    return batch.length === 1 ? { ...one, refusedAt } : { ...one, isAlone: true };
  });

/** There is something that was not refused by itself. */
export const isAnyUntried = (queue: readonly SignalledUsage[]): boolean =>
  queue.some(({ refusedAt }) => refusedAt === undefined);

/** Tells that they are few enough for the next run to be given them. */
export const isCarriable = (queue: readonly SignalledUsage[]): boolean =>
  queue.reduce((sum, { size }) => sum + size, 0) <= CARRIED_SIZE_MAX;
