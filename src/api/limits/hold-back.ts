/**
 * Whoever was asked to wait and does not is made to: its answer is held back for a moment, so that
 * a client that knows no pause costs us as many requests a second as it has connections.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

const HELD_MS = 1_000;
/** Who came at the same time is answered at different times: else they would come so for ever. */
const SPREAD = 0.5;
/** Each is a connection, which is waiting anyway. Beyond it connections are closed instead. */
const HELD_MAX = 2_000;

export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

export type HoldBack = (exchange: Exchange) => Promise<void>;

export function createHoldBack(heldMs = HELD_MS, heldMax = HELD_MAX): HoldBack {
  let waitingAnswers = 0;
  return async ({ response }) => {
    if (waitingAnswers >= heldMax) {
      response.setHeader('Connection', 'close');
      return;
    }
    waitingAnswers += 1;
    try {
      await sleep(heldMs * (1 + SPREAD * Math.random()), undefined, { ref: false });
    } finally {
      waitingAnswers -= 1;
    }
  };
}
