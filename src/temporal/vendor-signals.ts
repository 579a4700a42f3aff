/** Telling the payouts that wait for a vendor that something about its account has changed. */
import type { Client } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/common';
import type { Pool } from 'pg';
import { payoutChangedSignal } from '../../workflows/contract';
import { payoutWorkflowId } from '../core/ids';
import { payoutsWaitingFor } from '../db/payouts-waiting';

const SIGNAL_TIMEOUT_MS = 5_000;

/** One that does not run any more waits for nothing. */
export function createVendorSignal({ pool, temporal }: { pool: Pool; temporal: Client }) {
  return async (vendor: string): Promise<void> => {
    for (const id of await payoutsWaitingFor(pool, vendor)) {
      const payout = temporal.workflow.getHandle(payoutWorkflowId(id));
      await temporal
        .withDeadline(Date.now() + SIGNAL_TIMEOUT_MS, () => payout.signal(payoutChangedSignal))
        .catch((error: unknown) => {
          if (!(error instanceof WorkflowNotFoundError)) throw error;
        });
    }
  };
}
