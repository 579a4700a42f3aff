/** Late usage that its plan does not bill: recorded with its value, and given up. */
import { condition } from '@temporalio/workflow';
import { dueWriteOffs, settleLate } from '../src/core/late-usage';
import type { Account } from './account';
import { step, update } from './account';
import { ledger } from './proxies';

/** Usage that comes late comes in drops: they are written off together. */
const COLLECTING = '1 minute';

export async function writeOffLate(account: Account): Promise<void> {
  const isDue = () => dueWriteOffs(account.state).length > 0;
  for (;;) {
    await condition(() => account.isClosing || isDue());
    if (account.isClosing) return;
    await condition(() => account.isClosing, COLLECTING, { summary: 'collecting late usage' });
    if (account.isClosing) return;
    for (const item of dueWriteOffs(account.state))
      await step(account, async () => {
        const { customer } = account.state;
        await ledger.writeOffLate.executeWithOptions({ summary: item.key }, [{ customer, item }]);
        update(account, settleLate(account.state, item));
      });
  }
}
