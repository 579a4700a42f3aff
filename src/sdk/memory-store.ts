/** A spool without a disk: survives outages of the API, not the end of the process. */
import { textOf } from './spool-store';
import type { SpooledBatch, SpoolStore } from './spool-store';

/** A part of what is given up at once when the spool is full. */
const DROPPED_PART = 16;

export function createMemoryStore(): SpoolStore {
  let lines: string[] = [];
  let bytes = 0;
  /** Lines that were dropped since the start: tells whether a batch is still there. */
  let droppedCount = 0;
  const remove = (count: number): readonly string[] => {
    const removedLines = lines.slice(0, count);
    lines = lines.slice(count);
    bytes -= Buffer.byteLength(textOf(removedLines));
    return removedLines;
  };
  return {
    isDurable: false,
    get bytes() {
      return bytes;
    },
    get events() {
      return lines.length;
    },
    append: async (newLines) => {
      lines.push(...newLines);
      bytes += Buffer.byteLength(textOf(newLines));
    },
    oldest: (eventsMax, bytesMax): SpooledBatch | undefined => {
      if (lines.length === 0) return undefined;
      const takenLines = takeLines(lines.slice(0, eventsMax), eventsMax, bytesMax);
      return {
        lines: takenLines,
        segment: droppedCount,
        bytes: Buffer.byteLength(textOf(takenLines)),
      };
    },
    acknowledge: (batch) => {
      const missingCount = Math.min(batch.lines.length, droppedCount - batch.segment);
      return remove(batch.lines.length - missingCount).length;
    },
    dropOldest: () => {
      const removedLines = remove(Math.ceil(lines.length / DROPPED_PART));
      droppedCount += removedLines.length;
      return removedLines;
    },
    // Told to `onError` by who sets them aside; there is no place to keep them.
    setAside: () => undefined,
    close: async () => undefined,
  };
}

/** Takes so many of the lines as the limits allow, but one at least. */
function takeLines(lines: readonly string[], eventsMax: number, bytesMax: number): string[] {
  const takenLines: string[] = [];
  let bytes = 0;
  for (const line of lines) {
    bytes += Buffer.byteLength(line) + 1;
    if (takenLines.length > 0 && (takenLines.length >= eventsMax || bytes > bytesMax)) break;
    takenLines.push(line);
  }
  return takenLines;
}
