/** Pauses between tries that fail one after the other. */

export interface Backoff {
  readonly minMs: number;
  readonly maxMs: number;
}

/** After the first failure `minMs`, then each time twice as long, and never more than `maxMs`. */
export const backoffMs = ({ minMs, maxMs }: Backoff, failures: number): number =>
  Math.min(maxMs, minMs * 2 ** (failures - 1));
