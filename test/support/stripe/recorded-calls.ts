/** What a sandbox noted of the calls that it answered, to count those that wrote something. */
import { closeSync, mkdtempSync, openSync, readdirSync, readSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface RecordedCalls {
  /** Given to the sandbox. */
  readonly folder: string;
  /** All calls so far that write, as `POST /v1/…`. */
  writes(): readonly string[];
  reads(): number;
}

const CHUNK_BYTES = 1 << 20;
/** A line may be long by its answer; what is asked here is at its beginning. */
const CALL = /^\{"kind":"call","method":"([A-Z]+)","path":"([^"]*)"/;

/** Each file is read on from where it was left: thousands of customers fill it with megabytes. */
export function recordCalls(): RecordedCalls {
  const folder = mkdtempSync(join(tmpdir(), 'sandbox-calls-'));
  const files = new Map<string, { at: number; rest: string }>();
  const writes: string[] = [];
  let reads = 0;
  const note = (line: string): void => {
    const [, method, path] = CALL.exec(line) ?? [];
    if (method === 'GET') reads += 1;
    else if (method !== undefined) writes.push(`${method} ${path}`);
  };
  const readOn = (): void => {
    for (const name of readdirSync(folder)) {
      const place = files.get(name) ?? { at: 0, rest: '' };
      files.set(name, place);
      forEachChunk(join(folder, name), place.at, (text, bytes) => {
        const lines = (place.rest + text).split('\n');
        place.rest = lines.pop() ?? '';
        place.at += bytes;
        lines.forEach(note);
      });
    }
  };
  return {
    folder,
    writes: () => {
      readOn();
      return [...writes];
    },
    reads: () => {
      readOn();
      return reads;
    },
  };
}

/** As Latin-1, in which a chunk may end anywhere. */
function forEachChunk(
  path: string,
  start: number,
  take: (text: string, bytes: number) => void,
): void {
  const buffer = Buffer.alloc(CHUNK_BYTES);
  const file = openSync(path, 'r');
  try {
    for (let at = start; ;) {
      const bytes = readSync(file, buffer, 0, CHUNK_BYTES, at);
      if (bytes === 0) return;
      take(buffer.toString('latin1', 0, bytes), bytes);
      at += bytes;
    }
  } finally {
    closeSync(file);
  }
}
