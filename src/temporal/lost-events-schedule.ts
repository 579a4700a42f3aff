/** The reconciliation with Stripe: its Temporal Schedule, once a day, and a run by hand. */
import {
  isGrpcServiceError,
  ScheduleAlreadyRunning,
  ScheduleOverlapPolicy,
} from '@temporalio/client';
import type {
  Client,
  ScheduleOptions,
  ScheduleOptionsStartWorkflowAction,
} from '@temporalio/client';
import type { Logger } from 'pino';
import { BILLING_TASK_QUEUE } from '../../workflows/contract';
import { PayloadKeyError } from './payload-codec';
import type { reconciliation, LostEventsRun } from '../../workflows/reconciliation';

export type { LostEventsRun } from '../../workflows/reconciliation';

/** Id of the schedule and, followed by the time, of each run's workflow. */
export const RECONCILIATION_ID = 'reconciliation';

/** gRPC's codes of a server without schedules, and of one where we may not make them. */
const UNIMPLEMENTED = 12;
const PERMISSION_DENIED = 7;

type Schedule = ScheduleOptions<ScheduleOptionsStartWorkflowAction<typeof reconciliation>>;

const SCHEDULE: Schedule = {
  scheduleId: RECONCILIATION_ID,
  // Any hour will do. The jitter keeps several installations of one account off each other.
  spec: { calendars: [{ hour: 5, minute: 30 }], jitter: '15 minutes', timezone: 'UTC' },
  policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: '12 hours' },
  action: {
    type: 'startWorkflow',
    workflowType: 'reconciliation',
    workflowId: RECONCILIATION_ID,
    taskQueue: BILLING_TASK_QUEUE,
    args: [],
    // One that hangs must not keep the next day's from running.
    workflowExecutionTimeout: '22 hours',
    staticSummary: 'Finds what Stripe’s webhooks left out',
  },
};

/** Makes the schedule, or brings it up to date. An operator's pause stays. */
export async function ensureLostEventsSchedule(
  temporal: Client,
  log: Pick<Logger, 'warn'>,
): Promise<void> {
  try {
    await createOrUpdate(temporal);
  } catch (error) {
    const cause = error instanceof Error ? (error.cause ?? error) : error;
    const isRefused =
      isGrpcServiceError(cause) && [UNIMPLEMENTED, PERMISSION_DENIED].includes(cause.code);
    if (isRefused) {
      // Everything else works without it; who may make schedules can make it by hand.
      log.warn({ err: cause }, 'no schedule for the reconciliation: lost webhooks are not found');
    } else if (error instanceof PayloadKeyError) {
      // It runs as it is. A worker that lacks a key still does all that the others encrypt.
      log.warn({ err: error }, 'the schedule of the reconciliation can not be read');
    } else throw error;
  }
}

async function createOrUpdate({ schedule }: Client): Promise<void> {
  try {
    await schedule.create(SCHEDULE);
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    const { spec, policies, action } = SCHEDULE;
    await schedule
      .getHandle(RECONCILIATION_ID)
      .update<typeof reconciliation>(({ state }) => ({ spec, policies, action, state }));
  }
}

/** A run of its own; whoever asks while it is under way gets the same result. */
export function findLostEvents({ workflow }: Client): Promise<LostEventsRun> {
  return workflow.execute<typeof reconciliation>('reconciliation', {
    workflowId: `${RECONCILIATION_ID}-by-hand`,
    workflowIdConflictPolicy: 'USE_EXISTING',
    taskQueue: BILLING_TASK_QUEUE,
    args: [{ isOnce: true }],
  });
}
