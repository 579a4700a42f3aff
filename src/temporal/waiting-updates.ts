/** Callers that wait for a workflow's answer: so many of this process, and of one workflow. */
import { DomainError } from '../core/errors';
import { createTally } from '../core/tally';

const WAITING_MAX = 500;
/** A workflow makes one change after the other. */
const WAITING_OF_WORKFLOW_MAX = 10;
const RETRY_AFTER_SECONDS = 5;

/** Throws `too_many_requests` where too many wait already; then nothing was asked for. */
export type WaitInLine = <T>(workflowId: string, work: () => Promise<T>) => Promise<T>;

export function createWaitingUpdates({
  all = WAITING_MAX,
  workflow = WAITING_OF_WORKFLOW_MAX,
} = {}): WaitInLine {
  const waitersOf = createTally();
  let waiters = 0;
  return async (workflowId, work) => {
    const ofWorkflow = waitersOf.of(workflowId);
    if (waiters >= all) throw tooMany(waiters, 'any customer');
    if (ofWorkflow >= workflow) throw tooMany(ofWorkflow, 'this customer');
    waiters += 1;
    waitersOf.add(workflowId, 1);
    try {
      return await work();
    } finally {
      waiters -= 1;
      waitersOf.add(workflowId, -1);
    }
  };
}

const tooMany = (waiters: number, whose: string): DomainError =>
  new DomainError(
    'too_many_requests',
    `${waiters} changes of ${whose} wait for their workflow, and this one was not asked for. ` +
      `Send the same request again after ${RETRY_AFTER_SECONDS} s.`,
    { retryAfterSeconds: RETRY_AFTER_SECONDS },
  );
