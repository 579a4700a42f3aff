/**
 * Hands the trace of what came in last (a signal, an update, the start) on to what goes out. It is
 * only a header: no span is made in here, no command is added and nothing waits, so histories that
 * were recorded without it replay. If there is none, as when nothing is traced, nothing is done.
 */
import { proxySinks } from '@temporalio/workflow';
import type {
  Headers,
  Payload,
  Sinks,
  WorkflowInterceptors,
  WorkflowInterceptorsFactory,
} from '@temporalio/workflow';
import type { Activities } from '../activities';
import { usageRecordedSignal } from './contract';

/** Temporal's own interceptors for OpenTelemetry use this name, in clients and activities. */
const TRACE_HEADER = '_tracer-data';

const REPORT: keyof Activities = 'reportUsage';

/** The worker makes a span of each, which shows that a workflow took something up. */
export interface TraceSinks extends Sinks {
  traces: { taken(name: string, trace: Payload): void };
}

const { traces } = proxySinks<TraceSinks>();

interface WithHeaders {
  readonly headers: Headers;
}

export const interceptors: WorkflowInterceptorsFactory = (): WorkflowInterceptors => {
  let latest: Payload | undefined;
  let latestUsage: Payload | undefined;
  const keep = (name: string, { headers }: WithHeaders): void => {
    const trace: Payload | undefined = headers[TRACE_HEADER];
    // What is not traced ends what was: a run lives for weeks.
    latest = trace;
    if (name === usageRecordedSignal.name) latestUsage = trace;
    if (trace) traces.taken(name, trace);
  };
  const handOn = <T extends WithHeaders>(input: T, trace = latest): T =>
    trace ? { ...input, headers: { ...input.headers, [TRACE_HEADER]: trace } } : input;
  return {
    inbound: [
      {
        execute: (input, next) => {
          keep('its start', input);
          return next(input);
        },
        handleSignal: (input, next) => {
          keep(input.signalName, input);
          return next(input);
        },
        handleUpdate: (input, next) => {
          keep(input.name, input);
          return next(input);
        },
      },
    ],
    outbound: [
      {
        // Usage is reported for usage, whatever news came meanwhile.
        scheduleActivity: (input, next) =>
          next(handOn(input, input.activityType === REPORT ? latestUsage : latest)),
        startChildWorkflowExecution: (input, next) => next(handOn(input)),
        signalWorkflow: (input, next) => next(handOn(input)),
        continueAsNew: (input, next) => next(handOn(input)),
      },
    ],
  };
};
