/** What a case is, and how its rate is taken: a warm-up, then events over time. */
import { setTimeout as pause } from 'node:timers/promises';

/** Work that goes on until it is stopped. */
export interface Load {
  /** Usage events acknowledged so far. */
  acknowledged(): number;
  /** Begins nothing more and waits for what is under way; throws what went wrong. */
  stop(): Promise<void>;
}

export interface Times {
  readonly warmUpMs: number;
  readonly measureMs: number;
}

export interface Measured {
  /** Usage events per second. */
  readonly rate: number;
  /** All that were acknowledged, the warm-up and the end included. */
  readonly acknowledged: number;
}

export async function measure(load: Load, { warmUpMs, measureMs }: Times): Promise<Measured> {
  await pause(warmUpMs);
  const before = load.acknowledged();
  const startedAt = performance.now();
  await pause(measureMs);
  const events = load.acknowledged() - before;
  const seconds = (performance.now() - startedAt) / 1000;
  await load.stop();
  return { rate: events / seconds, acknowledged: load.acknowledged() };
}

/** A load of so many senders, each of which does one step after the other. */
export function startSenders(
  senders: number,
  eventsPerStep: number,
  step: (sender: number) => Promise<unknown>,
): Load {
  let acknowledged = 0;
  let isStopping = false;
  const send = async (sender: number) => {
    while (!isStopping) {
      await step(sender);
      acknowledged += eventsPerStep;
    }
  };
  const sending = Promise.all(Array.from({ length: senders }, (_, sender) => send(sender)));
  // Whoever stops the load hears of it.
  sending.catch(() => undefined);
  return {
    acknowledged: () => acknowledged,
    stop: async () => {
      isStopping = true;
      await sending;
    },
  };
}
