/**
 * What the pinned API version (2026-10-28.endive) has and stripe-mock's description
 * (2026-08-26.dahlia) does not have yet: by schema, with its place in the types of `stripe`.
 */

type Fields = Record<string, Record<string, unknown>>;

const ANY_OBJECT = { type: 'object' };

export const ADDED_SINCE: Record<string, Fields> = {};
export { ANY_OBJECT };
