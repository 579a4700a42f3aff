/** When a workflow that is one loop continues as new: before Temporal's limits end it for good. */
import { patched, workflowInfo } from '@temporalio/workflow';

/** Runs of release 0.1.0 did not, and their histories must replay. */
const LONG_RUNS = '0.2.0-long-runs';

export const isLong = (): boolean => workflowInfo().continueAsNewSuggested && patched(LONG_RUNS);
