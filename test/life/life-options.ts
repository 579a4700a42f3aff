/** How a life begins, and in which order its news are heard. */

export interface LifeOptions {
  readonly plan: string;
  /** Unix seconds of the first day. */
  readonly start: number;
  readonly trialDays?: number;
  readonly autoUpgrade?: boolean;
  /** No card, and a trial that pauses for want of one. */
  readonly endsInPause?: boolean;
  /** Seeds in which order news are heard that are not heard at once. */
  readonly news?: number;
}
