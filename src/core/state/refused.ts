/** What was refused and is tried again: the one that has waited longest is next. */

/** What was never refused comes before all that was. Undefined says that there is nothing. */
export const leastRecentlyRefused = <Waiting>(
  candidates: readonly Waiting[],
  refusedAt: (one: Waiting) => number | undefined,
): Waiting | undefined =>
  [...candidates].sort((a, b) => (refusedAt(a) ?? 0) - (refusedAt(b) ?? 0))[0];
