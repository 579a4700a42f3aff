/** Months of the ledger by the names of their partitions, as people and files write them. */

const FIRST = 'first';
const PREFIX = 'usage_events_';
const MONTH = /^(\d{4})-(0[1-9]|1[0-2])$/;

/**
 * `2026-01`, or `first` for what was recorded before there were months; undefined: it is neither.
 */
export function partitionOfMonth(month: string): string | undefined {
  if (month === FIRST) return `${PREFIX}${FIRST}`;
  return MONTH.test(month) ? `${PREFIX}${month.replace('-', '_')}` : undefined;
}

/** `2026-01` or `first`. */
export const monthOfPartition = (name: string): string =>
  name.slice(PREFIX.length).replace('_', '-');
