/** Tells customer and app of each threshold of the allowance as it is reached, one by one. */
import { condition } from '@temporalio/workflow';
import { usageThresholdFact } from '../src/core/notification';
import { nextThreshold, noteThreshold } from '../src/core/thresholds';
import type { DueThreshold } from '../src/core/thresholds';
import type { Account } from './account';
import { step, update } from './account';
import { ledger } from './proxies';

export async function tellCustomer(account: Account): Promise<void> {
  for (;;) {
    await condition(() => account.isClosing || nextThreshold(account.state) !== undefined);
    if (account.isClosing) return;
    const due = nextThreshold(account.state);
    if (due) await step(account, () => tell(account, due));
  }
}

async function tell(account: Account, due: DueThreshold): Promise<void> {
  const { period, percent, isOvertaken } = due;
  const { customer } = account.state;
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
  // Cancelled before this, it is told again by the next run, and the outbox knows its key.
  update(account, noteThreshold(account.state, period.start, percent));
}
