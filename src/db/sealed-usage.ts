/** Conditions on the column `tx` of `usage_events`: whether a row is in a batch yet. */

const HORIZON = '(select horizon from sealing_state)';
const PASSED_OVER = '(select passed_over from sealing_state)::xid8[]';

/** For rows that are read by something else, such as customer and time. */
export const isSealed = (tx = 'tx'): string =>
  `(${tx} < ${HORIZON} and ${tx} <> all (${PASSED_OVER}))`;

export const isUnsealed = (tx = 'tx'): string =>
  `(${tx} >= ${HORIZON} or ${tx} = any (${PASSED_OVER}))`;
