/**
 * An idempotency key for one attempt of one activity. What counts once is told by other means (a
 * meter event's identifier, looking before acting): Stripe replays a stored failure to the same key
 * for a day, and a further activity must not be answered by that.
 */
import { activityInfo } from '@temporalio/activity';

export function attemptKey(what: string): string {
  const { workflowExecution, activityId, attempt } = activityInfo();
  return `${what}:${workflowExecution?.runId ?? ''}:${activityId}:${attempt}`;
}
