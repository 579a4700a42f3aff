/** A running stripe-mock, and what it says to a recorded call. */
import { startChild, untilReady } from '../../src/dev/processes/child-process';
import { freePort } from '../../src/dev/free-port';
import type { Call } from './recordings';

const READY_LIMIT_MS = 20_000;

export interface StripeMock {
  /** Null: accepted. Else its error, as it words it. */
  refusalOf(call: Call): Promise<string | null>;
  stop(): Promise<void>;
}

export async function startStripeMock(program: string, logFile: string): Promise<StripeMock> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  // Its ports for HTTPS and HTTP are one each; this names HTTP only.
  const args = ['-http-addr', `127.0.0.1:${port}`];
  const child = await startChild({ command: program, args, logFile });
  const isServing = async () => {
    const answer = await fetch(`${url}/v1/customers`, { headers: { authorization: KEY } });
    return answer.ok;
  };
  await untilReady(child, 'stripe-mock', () => isServing().catch(() => false), READY_LIMIT_MS);
  return {
    refusalOf: async ({ method, path, body, contentType }) => {
      const answer = await fetch(url + path, {
        method,
        headers: { authorization: KEY, ...(contentType && { 'content-type': contentType }) },
        ...(method === 'POST' && { body }),
      });
      const text = await answer.text();
      if (answer.ok) return null;
      const { error } = JSON.parse(text) as { error?: { message?: string } };
      return error?.message ?? `HTTP ${answer.status}: ${text}`;
    },
    stop: () => child.stop(),
  };
}

const KEY = 'Bearer sk_test_123';
