/** Tells customer and app of each threshold of the allowance as it is reached, one by one. */
import { usageThresholdFact } from '../src/core/dunning/notification';
import { dueThresholds, nextThreshold, noteThreshold } from '../src/core/counting/thresholds';
import type { DueThreshold } from '../src/core/counting/thresholds';
import type { Run } from './run';
import { become } from './run';
import { attempt } from './attempt';
import type { Errand } from './attempt';
import { ledger } from './proxies';
import { findPeriod } from '../src/core/state/periods';
import { until } from './until';

export async function tellCustomer(run: Run): Promise<void> {
  for (;;) {
    await until(run, () => nextThreshold(run.state) !== undefined);
    if (run.isClosing) return;
    const due = nextThreshold(run.state);
    if (due) await attempt(run, errandOf(due), () => tell(run, due), isOvertakenBy(run, due));
  }
}

/** Under other terms, or with the period put away, it is reached no more. */
const isOvertakenBy =
  (run: Run, { period, percent }: DueThreshold) =>
  (): boolean => {
    const latest = findPeriod(run.state, period.start);
    return !latest || !dueThresholds(latest).includes(percent);
  };

const errandOf = ({ period, percent }: DueThreshold): Errand => ({
  subject: `threshold:${period.start}:${percent}`,
  what: `The customer could not be told of ${percent} % of the allowance`,
});

async function tell(run: Run, due: DueThreshold): Promise<void> {
  const { period, percent, isOvertaken } = due;
  const { customer } = run.state;
  await ledger.notify.executeWithOptions({ summary: `${percent} % of the allowance` }, [
    {
      customer,
      type: 'usage.threshold_reached',
      fact: usageThresholdFact(customer, period, percent),
      // Nobody wants two mails in one second; a program may count on each.
      channels: isOvertaken ? ['webhook'] : ['email', 'webhook'],
      decidedAt: Date.now(),
    },
  ]);
  // If the run is cancelled before this, the next one tells it again, and the outbox knows its key.
  become(run, noteThreshold(run.state, period.start, percent));
}
