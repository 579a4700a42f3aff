/** How a transaction runs statements whose plans its connection keeps. */

/**
 * A plan is made once for each connection, without any figure and whatever the ledger had by then.
 * So it may go by indexes alone, and never through the ledger from end to end.
 */
export const BY_INDEX = `set local plan_cache_mode = force_generic_plan;
  set local enable_seqscan = off; set local jit = off`;
