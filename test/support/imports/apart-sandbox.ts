/**
 * The sandbox beside the test instead of within it: thousands of renewals in one moment keep
 * nobody but Stripe from answering.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { StripeSandbox } from '../../../src/dev/stripe-sandbox/server';

export interface ApartSandbox extends Pick<StripeSandbox, 'url' | 'close'> {
  /** Milliseconds between real time and the account's. What is due by then happens. */
  shift(ms: number): Promise<void>;
  /** Nothing is due, and every webhook was taken. */
  untilTold(): Promise<void>;
}

const LOOK_AGAIN_MS = 50;

/** `recordTo`: the folder in which it notes its calls. */
export async function startSandboxApart(recordTo: string, shiftMs: number): Promise<ApartSandbox> {
  const child = fork(join(__dirname, 'sandbox-run.ts'), [recordTo], {
    execArgv: ['-r', 'tsx/cjs'],
  });
  const ask = async (message?: number): Promise<{ url?: string }> => {
    const heard = new AbortController();
    const { signal } = heard;
    const events = ['message', 'exit'].map((name) => once(child, name, { signal }));
    for (const event of events) event.catch(() => undefined);
    if (message !== undefined) child.send(message);
    const [answer] = (await Promise.race(events)) as [{ url?: string } | number | null];
    heard.abort();
    if (typeof answer === 'object' && answer !== null) return answer;
    throw new Error(`The sandbox ended with ${answer}: expected an answer; see what it printed.`);
  };
  const { url = '' } = await ask();
  const order = async (method: string, path: string): Promise<unknown> => {
    const response = await fetch(`${url}/_sandbox/${path}`, { method });
    return response.json();
  };
  const shift = async (ms: number): Promise<void> => {
    await ask(ms);
    await order('POST', 'tick');
  };
  await shift(shiftMs);
  return {
    ...{ url, shift },
    untilTold: async () => {
      for (;;) {
        const { pendingDeliveries } = (await order('GET', 'health')) as Record<string, number>;
        if (pendingDeliveries === 0) return;
        await pause(LOOK_AGAIN_MS);
      }
    },
    close: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.disconnect();
      await exited;
    },
  };
}
