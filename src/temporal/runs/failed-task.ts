/** Why a workflow task fails, in the words that its worker has told Temporal. */
import type { Client } from '@temporalio/client';
import { decodeOptionalFailureToOptionalError } from '@temporalio/common/lib/internal-non-workflow';

/** What came for the run meanwhile stands behind the failure: signals, one event each. */
const EVENTS_LOOKED_AT = 200;

/** Undefined: its latest events have no failure. */
export async function whyTaskFails(
  { workflowService, options }: Client,
  workflowId: string,
): Promise<string | undefined> {
  const { history } = await workflowService.getWorkflowExecutionHistoryReverse({
    ...{ namespace: options.namespace, execution: { workflowId } },
    maximumPageSize: EVENTS_LOOKED_AT,
  });
  const failed = history?.events?.find((event) => event.workflowTaskFailedEventAttributes);
  const failure = failed?.workflowTaskFailedEventAttributes?.failure;
  const error = await decodeOptionalFailureToOptionalError(options.loadedDataConverter, failure);
  return error?.message;
}
