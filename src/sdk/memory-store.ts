/** A spool without a disk: survives outages of the API, not the end of the process. */
import { textOf } from './spool-store';
import type { SpooledBatch, SpoolStore } from './spool-store';

/** A part of what is given up at once when the spool is full. */
const DROPPED_PART = 16;

export function createMemoryStore(): SpoolStore {
  let lines: string[] = [];
  let bytes = 0;
  /** Lines that were dropped since the start: tells whether a batch is still there. */
  let dropped = 0;
  const remove = (count: number): readonly string[] => {
    const removed = lines.slice(0, count);
    lines = lines.slice(count);
    bytes -= Buffer.byteLength(textOf(removed));
    return removed;
  };
  return {
    isDurable: false,
    get bytes() {
      return bytes;
    },
    get events() {
      return lines.length;
    },
    append: async (added) => {
      lines.push(...added);
      bytes += Buffer.byteLength(textOf(added));
    },
    oldest: (eventsMax, bytesMax): SpooledBatch | undefined => {
      if (lines.length === 0) return undefined;
      const taken = takeLines(lines.slice(0, eventsMax), eventsMax, bytesMax);
      return { lines: taken, segment: dropped, bytes: Buffer.byteLength(textOf(taken)) };
    },
    acknowledge: (batch) => {
      const missing = Math.min(batch.lines.length, dropped - batch.segment);
      return remove(batch.lines.length - missing).length;
    },
    dropOldest: () => {
      const removed = remove(Math.ceil(lines.length / DROPPED_PART));
      dropped += removed.length;
      return removed;
    },
    // Told to `onError` by who sets them aside; there is no place to keep them.
    setAside: () => undefined,
    close: async () => undefined,
  };
}

/** Takes so many of the lines as the limits allow, but one at least. */
function takeLines(lines: readonly string[], eventsMax: number, bytesMax: number): string[] {
  const taken: string[] = [];
  let bytes = 0;
  for (const line of lines) {
    bytes += Buffer.byteLength(line) + 1;
    if (taken.length > 0 && (taken.length >= eventsMax || bytes > bytesMax)) break;
    taken.push(line);
  }
  return taken;
}
