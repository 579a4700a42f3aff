/** What a sandbox noted of the calls that it answered, to count those that wrote something. */
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface RecordedCalls {
  /** Given to the sandbox. */
  readonly folder: string;
  /** All calls so far that write, as `POST /v1/…`. */
  writes(): string[];
  reads(): number;
}

export function recordCalls(): RecordedCalls {
  const folder = mkdtempSync(join(tmpdir(), 'sandbox-calls-'));
  const calls = () =>
    readdirSync(folder).flatMap((file) =>
      readFileSync(join(folder, file), 'utf8')
        .split('\n')
        .filter((line) => line.startsWith('{"kind":"call"'))
        .map((line) => JSON.parse(line) as { method: string; path: string }),
    );
  return {
    folder,
    writes: () =>
      calls()
        .filter(({ method }) => method !== 'GET')
        .map(({ method, path }) => `${method} ${path}`),
    reads: () => calls().filter(({ method }) => method === 'GET').length,
  };
}
