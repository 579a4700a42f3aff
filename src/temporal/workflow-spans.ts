/** That a workflow took a signal or an update up, as a span: made by its worker, outside of it. */
import { trace } from '@opentelemetry/api';
import { defaultPayloadConverter } from '@temporalio/common';
import type { Payload } from '@temporalio/common';
import type { InjectedSinks } from '@temporalio/worker';
import type { TraceSinks } from '../../workflows/trace-header';
import { contextOfHeaders, isTracing } from '../traces/spans';

/**
 * They are there also when nothing is traced: another process may trace, and its headers come here.
 */
export const traceSinks: InjectedSinks<TraceSinks> = {
  traces: {
    taken: {
      callDuringReplay: false,
      fn: ({ workflowId, runId, workflowType }, name, header: Payload) => {
        if (!isTracing()) return;
        const carrier = defaultPayloadConverter.fromPayload<Record<string, string>>(header);
        const attributes = { temporalWorkflowId: workflowId, run_id: runId };
        trace
          .getTracer('tollkeeper')
          .startSpan(`${workflowType} takes ${name}`, { attributes }, contextOfHeaders(carrier))
          .end();
      },
    },
  },
};
