/**
 * Token buckets by name, in memory: so many tokens a second, and as many at once as have gathered.
 * Kept is one number a bucket, when it will be full; one that is full is as good as forgotten.
 */

export interface BucketSize {
  readonly perSecond: number;
  readonly burst: number;
}

export interface Drawn {
  readonly isGranted: boolean;
  /** Whole tokens that are left. */
  readonly remaining: number;
  /** Until what was asked for is there, or, granted, until the bucket is full: at least 1. */
  readonly waitSeconds: number;
}

export interface Buckets {
  readonly size: BucketSize;
  /** What weighs more than a whole bucket is granted by a full one. */
  draw(name: string, weight: number, nowMs?: number): Drawn;
  /** Takes what was not known before, also where it is not there: a debt. */
  charge(name: string, weight: number, nowMs?: number): void;
  /** Takes nothing. */
  isEmpty(name: string, nowMs?: number): boolean;
  names(): number;
}

/** Some megabytes. Beyond it whoever was not seen for longest is forgotten. */
const NAMES_MAX = 50_000;

export function createBuckets(size: BucketSize, namesMax = NAMES_MAX): Buckets {
  // A map keeps the order of its entries: who was not seen for longest stands first.
  const fullAtMs = new Map<string, number>();
  const msPerToken = 1000 / size.perSecond;

  const forgetFull = (nowMs: number): void => {
    for (const [name, ms] of fullAtMs) {
      if (ms > nowMs && fullAtMs.size <= namesMax) return;
      fullAtMs.delete(name);
    }
  };
  const missing = (name: string, nowMs: number): number =>
    Math.max(0, (fullAtMs.get(name) ?? 0) - nowMs) / msPerToken;
  const charge = (name: string, weight: number, nowMs: number): void => {
    const from = Math.max(nowMs, fullAtMs.get(name) ?? 0);
    fullAtMs.delete(name);
    fullAtMs.set(name, from + weight * msPerToken);
    forgetFull(nowMs);
  };
  const seconds = (tokens: number): number => Math.max(1, Math.ceil(tokens / size.perSecond));

  return {
    size,
    draw: (name, weight, nowMs = Date.now()) => {
      const missingTokens = missing(name, nowMs);
      const needed = Math.min(weight, size.burst) - (size.burst - missingTokens);
      const isGranted = needed <= 1e-9;
      if (isGranted) charge(name, weight, nowMs);
      const rest = size.burst - missingTokens - (isGranted ? weight : 0);
      return {
        isGranted,
        remaining: Math.max(0, Math.floor(rest + 1e-9)),
        waitSeconds: seconds(isGranted ? missingTokens + weight : needed),
      };
    },
    charge: (name, weight, nowMs = Date.now()) => charge(name, weight, nowMs),
    isEmpty: (name, nowMs = Date.now()) => size.burst - missing(name, nowMs) < 1 - 1e-9,
    names: () => fullAtMs.size,
  };
}
