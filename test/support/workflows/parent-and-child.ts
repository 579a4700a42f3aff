/** Workflows for test/workflows/children.test.ts: a parent that continues as new over its child. */
import {
  condition,
  continueAsNew,
  defineSignal,
  getExternalWorkflowHandle,
  ParentClosePolicy,
  setHandler,
  startChild,
  workflowInfo,
} from '@temporalio/workflow';

export const finish = defineSignal('finish');
export const childDone = defineSignal<[string]>('childDone');

export interface ParentInput {
  readonly childId: string;
  readonly parentClosePolicy: 'ABANDON' | 'TERMINATE';
  readonly isSecondRun?: boolean;
}

/** Starts the child, continues as new, and ends with what the child reports by signal. */
export async function parent(input: ParentInput): Promise<string> {
  let report: string | undefined;
  setHandler(childDone, (message) => {
    report = message;
  });
  if (!input.isSecondRun) {
    await startChild(child, {
      workflowId: input.childId,
      parentClosePolicy: ParentClosePolicy[input.parentClosePolicy],
      args: [workflowInfo().workflowId],
    });
    await continueAsNew<typeof parent>({ ...input, isSecondRun: true });
  }
  await condition(() => report !== undefined);
  return String(report);
}

/** Lives until told to finish, then reports to the id of its parent, whichever run that is. */
export async function child(parentId: string): Promise<void> {
  let isFinished = false;
  setHandler(finish, () => {
    isFinished = true;
  });
  await condition(() => isFinished);
  await getExternalWorkflowHandle(parentId).signal(childDone, 'recovered');
}
