/** The ledger of a fake world, as it takes usage that was signalled. */
import { ApplicationFailure } from '@temporalio/common';
import type { Activities } from '../../../activities';

export interface WithIntake {
  /** Usage events that were signalled, as the ledger took them. */
  readonly taken: unknown[];
  isIntakeDown: boolean;
}

export const takenUsage = (world: WithIntake): Pick<Activities, 'ingestUsage'> => ({
  ingestUsage: async (request) => {
    if (world.isIntakeDown) throw ApplicationFailure.retryable('the ledger is down');
    const signals = 'signals' in request ? request.signals : [request];
    const events = signals.flatMap((one) => one.events);
    const rejected = events.flatMap((event, index) =>
      typeof event === 'object' ? [] : [{ index, code: 'invalid', message: 'no usage event' }],
    );
    world.taken.push(...events.filter((event) => typeof event === 'object'));
    return { accepted: events.length - rejected.length, duplicates: 0, rejected };
  },
});
