/** Opens one exception for all usage that comes between, or after, a customer's subscriptions. */
import { describeAfterEnd } from '../src/core/subscription/after-end';
import { describeGap, findGap, openUsage } from '../src/core/subscription/unbilled-gap';
import type { Run } from './run';
import { closeException, openException } from './run';

const kind = 'usage_after_end';

/** Tells it whenever there is more of it than there was. */
export function noteUsageAfterEnd(run: Run, previousState: Run['state']): void {
  const { afterEnd, subscriptionId } = run.state;
  if (run.isLegacy) return;
  noteUsageBetween(run, previousState);
  if (!afterEnd || afterEnd.tokens === previousState.afterEnd?.tokens) return;
  run.isUnrecorded = true;
  openException(run, {
    kind,
    subject: subscriptionId ?? run.state.customer,
    message: describeAfterEnd(run.state),
  });
}

/** A customer came back: what was unbilled until then stays told, with the figures of now. */
function noteUsageBetween(run: Run, previousState: Run['state']): void {
  const { subscriptionId: former } = previousState;
  const isReturn = former !== null && former !== run.state.subscriptionId;
  if (isReturn && !findGap(run.state, former)) closeException(run, kind, former);
  for (const gap of run.state.gaps ?? []) {
    if (previousState.gaps?.includes(gap)) continue;
    run.isUnrecorded = true;
    const { subscriptionId: subject } = gap;
    if (openUsage(gap).tokens > 0) openException(run, { kind, subject, message: describeGap(gap) });
    else closeException(run, kind, subject);
  }
}
