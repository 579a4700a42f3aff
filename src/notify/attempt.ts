/** How one attempt to deliver ended, and when the next one is due. */
import { backoffMs } from '../core/backoff';

export type Attempt =
  | { readonly outcome: 'sent' }
  /** refused: for good; gone: the endpoint wants no more of any kind; skipped: there is nobody. */
  | {
      readonly outcome: 'retry' | 'refused' | 'gone' | 'skipped';
      readonly reason: string;
    };

const RETRY = { minMs: 10_000, maxMs: 6 * 60 * 60 * 1000 };
/** A notification that nobody took for so long is no news any more. */
export const GIVE_UP_AFTER_MS = 3 * 24 * 60 * 60 * 1000;
/** A pause is up to a tenth longer: what failed together should not come back together. */
const JITTER = 0.1;

/** Doubling from 10 seconds to 6 hours. `chance` is from 0 to 1. */
export function retryAfterMs(attempts: number, chance: number): number {
  return Math.round(backoffMs(RETRY, attempts) * (1 + JITTER * chance));
}
