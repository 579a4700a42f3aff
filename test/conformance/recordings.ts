/** What the sandboxes of a test run noted: every call with its answer, every webhook. */
import { createReadStream, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Entry } from '../../src/dev/stripe-sandbox/recorder';

export type Call = Extract<Entry, { kind: 'call' }>;

export function recordingFolder(): string {
  const folder = process.env.STRIPE_SANDBOX_RECORD;
  if (folder) return folder;
  throw new Error(
    'STRIPE_SANDBOX_RECORD names no folder of recordings: these tests check what the others did. ' +
      'Run `npm test`, which runs both.',
  );
}

export async function* readRecordings(folder: string): AsyncGenerator<Entry> {
  for (const name of readdirSync(folder).sort()) {
    const lines = createInterface({ input: createReadStream(join(folder, name)) });
    for await (const line of lines) {
      const entry = parse(line);
      if (entry) yield entry;
    }
  }
}

/** A process that was killed while it wrote may leave half a line, the last one of its file. */
function parse(line: string): Entry | null {
  try {
    return JSON.parse(line) as Entry;
  } catch {
    return null;
  }
}
