/** Runs work for several things side by side, for each thing one at a time. */
import type { Run } from './run';
import { until } from './until';

/**
 * Works until the run closes, when what is under way ends first. `listWaiting` may name that, too.
 * What fails fails here, in the loop that waits for it: no promise is left that nobody handles.
 */
export async function sideBySide<Key>(
  run: Run,
  listWaiting: () => readonly Key[],
  work: (key: Key) => Promise<void>,
): Promise<void> {
  const underWay = new Map<Key, Promise<void>>();
  const failures: unknown[] = [];
  const idle = () => listWaiting().filter((key) => !underWay.has(key));
  for (;;) {
    await until(run, () => failures.length > 0 || idle().length > 0);
    if (failures.length > 0) throw failures[0];
    if (run.isClosing) break;
    for (const key of idle()) {
      const done = () => underWay.delete(key);
      underWay.set(
        key,
        work(key)
          .finally(done)
          .catch((error: unknown) => {
            failures.push(error);
          }),
      );
    }
  }
  await Promise.all(underWay.values());
  if (failures.length > 0) throw failures[0];
}
