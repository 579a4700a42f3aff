/**
 * Large bodies are worked on a slice at a time, each key's in turn, and between two slices the
 * process sees to whatever else there is: nobody's flood of them is all that it does.
 */
import { createFairQueue } from './fair-queue';
import type { Queued } from './fair-queue';

interface Waiter extends Queued {
  readonly begin: () => void;
}

const ONE = [null];
/** So many usage events are checked in a millisecond or two, however wrong they are. */
const SLICE = 100;

/** Resolves when it is the owner's turn; what is done then without waiting is the turn. */
export type TakeTurn = (owner: string) => Promise<void>;

/** One at a time, each owner's in turn; whoever makes it says when the next one begins. */
export interface Line {
  turnOf(owner: string): Promise<void>;
  /** Begins the next turn; returns whether somebody waited for it. */
  next(): boolean;
}

/** `start` is called by the first of a line that stood still, and has `next` called. */
export function createLine(start: () => void): Line {
  const queue = createFairQueue<Waiter>();
  let isGoing = false;
  return {
    turnOf: (owner) =>
      new Promise((resolve) => {
        queue.push({ owner, rows: ONE, begin: resolve });
        if (isGoing) return;
        isGoing = true;
        start();
      }),
    next: () => {
      const [waiter] = queue.take(1, { mayGo: () => true });
      isGoing = waiter !== undefined;
      waiter?.begin();
      return isGoing;
    },
  };
}

export function createTurns(): TakeTurn {
  const go = (): void => {
    if (line.next()) setImmediate(go);
  };
  const line = createLine(() => setImmediate(go));
  return line.turnOf;
}

/** Makes something of each, in order; beyond a slice's length another turn is waited for. */
export async function inSlices<Item, Made>(
  items: readonly Item[],
  make: (item: Item) => Made,
  nextTurn: () => Promise<void>,
): Promise<Made[]> {
  const all: Made[] = [];
  for (const item of items) {
    if (all.length > 0 && all.length % SLICE === 0) await nextTurn();
    all.push(make(item));
  }
  return all;
}
