/** Opens one exception for all usage that comes after the end of a subscription. */
import { describeAfterEnd } from '../src/core/subscription/after-end';
import type { Run } from './run';
import { openException } from './run';

/** Tells it whenever there is more of it than there was. */
export function noteUsageAfterEnd(run: Run, previousState: Run['state']): void {
  const { afterEnd, subscriptionId } = run.state;
  if (run.isLegacy || !afterEnd || afterEnd.tokens === previousState.afterEnd?.tokens) return;
  openException(run, {
    kind: 'usage_after_end',
    subject: subscriptionId ?? run.state.customer,
    message: describeAfterEnd(run.state),
  });
}
