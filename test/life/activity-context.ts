/** Activities as they are played in memory: which there are, and what one knows of itself. */
import { AsyncLocalStorage } from 'node:async_hooks';

export type ActivityTable = Readonly<Record<string, (request: never) => Promise<unknown>>>;

/** Around each attempt of an activity: by throwing it fails, or is not heard of. */
export type Disturb = (activity: string, when: 'before' | 'after') => void;

interface Attempt {
  readonly activityId: string;
  readonly attempt: number;
}

const attempts = new AsyncLocalStorage<Attempt>();

export const attempting = <T>(attempt: Attempt, work: () => Promise<T>): Promise<T> =>
  attempts.run(attempt, work);

/** What the activity that is running knows of itself. */
export const currentActivity = () => ({
  ...(attempts.getStore() ?? { activityId: '0', attempt: 1 }),
  workflowExecution: { runId: 'in memory' },
});
