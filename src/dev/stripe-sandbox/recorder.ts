/**
 * The traffic of a sandbox as lines of JSON: each call with its answer, each webhook as it was
 * sent. Tests check it against Stripe's own description of its API.
 */
import { randomUUID } from 'node:crypto';
import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';

export type Entry =
  | {
      kind: 'call';
      method: string;
      /** It has its query. */
      path: string;
      body: string;
      contentType: string | null;
      version: string | null;
      userAgent: string | null;
      status: number;
      answer: string;
    }
  | { kind: 'webhook'; body: string };

export type RecordCall = (entry: Entry) => void;

export function startRecorder(folder: string | undefined): RecordCall {
  if (folder === undefined) return () => undefined;
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${process.pid}-${randomUUID().slice(0, 8)}.jsonl`);
  // It is written at once: a process that is killed in a test leaves what it had answered.
  return (entry) => appendFileSync(file, `${JSON.stringify(entry)}\n`);
}
