/**
 * Which transactions a sealing pass takes: those that are over, in the order in which they began.
 * One that stays open is waited for only for a while; then it is passed over, and sealed by itself
 * once it is over. So each is taken exactly once, and nobody waits for somebody else's session.
 */

/** What is sealed, and what the cluster has come to. Transaction ids are 64 bits: decimal text. */
export interface SealingRange {
  /** Everything below is sealed, except what was passed over. */
  readonly sealedBelow: string;
  /** Below `sealedBelow`, and not sealed: they were open when the horizon passed them. */
  readonly passedOver: readonly string[];
  /** Those under way: they have a transaction id, and may commit usage. */
  readonly open: readonly string[];
  /** Every transaction below is over or in `open`. */
  readonly next: string;
}

/** A stretch of transactions, and what the state is once its rows are sealed. */
export interface SealingStretch {
  readonly from: string;
  readonly to: string;
  /** Within [from, to), but still open. */
  readonly without: readonly string[];
  readonly sealedBelow: string;
  readonly passedOver: readonly string[];
}

/** Those passed over that are over by now. */
export function overByNow({ passedOver, open }: SealingRange): string[] {
  const stillOpen = new Set(open);
  return passedOver.filter((tx) => !stillOpen.has(tx));
}

/** The one transaction, which was passed over, by itself. */
export function stretchOf(range: SealingRange, tx: string): SealingStretch {
  return {
    ...{ from: tx, to: String(BigInt(tx) + 1n), without: [] },
    sealedBelow: range.sealedBelow,
    passedOver: range.passedOver.filter((other) => other !== tx),
  };
}

/**
 * The stretch from the horizon up to the first transaction that is open and still waited for. Those
 * below `waitedBelow` have been open for longer than anybody waits.
 */
export function nextStretch(range: SealingRange, waitedBelow: string): SealingStretch {
  const start = BigInt(range.sealedBelow);
  const isWaitedFor = (tx: bigint) => tx >= start && tx >= BigInt(waitedBelow);
  const end = range.open
    .map(BigInt)
    .filter(isWaitedFor)
    .reduce((least, tx) => (tx < least ? tx : least), BigInt(range.next));
  return endingAt(range, String(end < start ? start : end));
}

/** The stretch from the horizon to `to`, which passes over whatever in it is open. */
export function endingAt(range: SealingRange, to: string): SealingStretch {
  const { sealedBelow: from, passedOver, open } = range;
  const without = open.filter((tx) => BigInt(tx) >= BigInt(from) && BigInt(tx) < BigInt(to));
  return { from, to, without, sealedBelow: to, passedOver: [...passedOver, ...without] };
}
