/**
 * Whoever was asked to wait and does not is made to: its answer is held back for a moment, so that
 * a client that knows no pause costs us as many requests a second as it has connections, and fewer
 * the more of them it has.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { createTally } from '../../core/tally';
import { dropArrived } from './unread-body';

const HELD_MS = 1_000;
/** Who came at the same time is answered at different times: else they would come so for ever. */
const SPREAD = 0.5;
/** Whoever has so many answers held is held for twice as long, and so on. */
const HELD_TWICE = 50;
const HELD_TIMES_MAX = 8;
/** Each is a connection, which is waiting anyway. Beyond it connections are closed instead. */
const HELD_MAX = 4_000;

export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** The owner is whose limit it is: a key, or an address. */
export type HoldBack = (exchange: Exchange, owner: string) => Promise<void>;

export function createHoldBack(heldMs = HELD_MS, heldMax = HELD_MAX): HoldBack {
  const ofOwner = createTally();
  let all = 0;
  const add = (owner: string, change: number): void => {
    all += change;
    ofOwner.add(owner, change);
  };
  return async ({ request, response }, owner) => {
    if (all >= heldMax) {
      response.setHeader('Connection', 'close');
      return;
    }
    const times = Math.min(HELD_TIMES_MAX, 1 + ofOwner.of(owner) / HELD_TWICE);
    dropArrived(request);
    add(owner, 1);
    try {
      await sleep(heldMs * times * (1 + SPREAD * Math.random()), undefined, { ref: false });
    } finally {
      add(owner, -1);
    }
  };
}
