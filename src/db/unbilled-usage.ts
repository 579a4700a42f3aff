/** What a customer used while no subscription lasted, as the workflow last wrote it down. */
import type { Pool } from 'pg';
import type { BillingState } from '../core/state/billing-state';
import { unbilledTimes } from '../core/subscription/unbilled';
import type { UnbilledTime } from '../core/subscription/unbilled';

export async function readUnbilledTimes(pool: Pool, customer: string): Promise<UnbilledTime[]> {
  const { rows } = await pool.query<{ state: BillingState }>(
    `select state from billing_snapshots
      where customer = $1 and (state ? 'gaps' or state ? 'afterEnd' or state ? 'afterEndGivenUp')`,
    [customer],
  );
  return rows.flatMap(({ state }) => unbilledTimes(state));
}
