/** Pauses between tries that fail one after the other. */

export interface Backoff {
  readonly minMs: number;
  readonly maxMs: number;
}

/**
 * The first failure is followed by `minMs`, each other by twice as long, and none by more than
 * `maxMs`.
 */
export const backoffMs = ({ minMs, maxMs }: Backoff, failures: number): number =>
  Math.min(maxMs, minMs * 2 ** (failures - 1));
