/**
 * Large bodies are worked on one after the other, each key's in turn, and between two of them the
 * process sees to whatever else there is: nobody's flood of them is all that it does.
 */
import { createFairQueue } from '../../ingest/fair-queue';
import type { Queued } from '../../ingest/fair-queue';

interface Waiter extends Queued {
  readonly begin: () => void;
}

const ONE = [null];

/** Resolves when it is the owner's turn; what is done then without waiting is the turn. */
export type TakeTurn = (owner: string) => Promise<void>;

export function createTurns(): TakeTurn {
  const queue = createFairQueue<Waiter>();
  let isGoing = false;

  const next = (): void => {
    const [waiter] = queue.take(1, () => true);
    isGoing = waiter !== undefined;
    if (!waiter) return;
    waiter.begin();
    setImmediate(next);
  };

  return (owner) =>
    new Promise((resolve) => {
      queue.push({ owner, rows: ONE, begin: resolve });
      if (isGoing) return;
      isGoing = true;
      setImmediate(next);
    });
}
