/** Runs work for several things side by side, for each thing one at a time. */
import { condition } from '@temporalio/workflow';
import type { Account } from './account';

/** Until the run closes, when what is under way ends first. `waiting` may name that, too. */
export async function sideBySide<Key>(
  account: Account,
  waiting: () => readonly Key[],
  work: (key: Key) => Promise<void>,
): Promise<void> {
  const underWay = new Map<Key, Promise<void>>();
  const idle = () => waiting().filter((key) => !underWay.has(key));
  for (;;) {
    await condition(() => account.isClosing || idle().length > 0);
    if (account.isClosing) break;
    for (const key of idle()) {
      underWay.set(
        key,
        work(key).finally(() => underWay.delete(key)),
      );
    }
  }
  await Promise.all(underWay.values());
}
