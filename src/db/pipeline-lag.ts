/** How far sealing and forwarding are behind, for metrics. */
import type { Pool } from 'pg';
import { readHorizon } from './sealing-state';

export interface PipelineLag {
  readonly unsealedEvents: number;
  /** Age of the usage event that has waited longest. */
  readonly sealingLagSeconds: number;
  readonly unforwardedCustomers: number;
  readonly forwardingLagSeconds: number;
  /** Sealing set these aside, and nobody has settled them. */
  readonly quarantinedEvents: number;
}

/** Both parts are found by the index on the transaction, in its order. */
const unsealed = (suffix: string): string =>
  ['tx >= $1::xid8', 'tx = any ($2::xid8[])']
    .map((condition) => `(select recorded_at from usage_events where ${condition} ${suffix})`)
    .join(' union all ');

export async function readPipelineLag(pool: Pool): Promise<PipelineLag> {
  // Only figures tell Postgres how little there is beyond.
  const { horizon, passedOver } = await readHorizon(pool);
  const { rows } = await pool.query<PipelineLag>(
    `select (select count(*)::int from (${unsealed('')} limit 100000) as unsealed)
              as "unsealedEvents",
            coalesce((select extract(epoch from clock_timestamp() - min(recorded_at))
                        from (${unsealed('order by tx limit 1')}) as oldest),
                     0)::float8 as "sealingLagSeconds",
            (select count(*)::int from usage_quarantine where settled_at is null)
              as "quarantinedEvents",
            count(*)::int as "unforwardedCustomers",
            coalesce(max(extract(epoch from clock_timestamp() - waiting.sealed_at)), 0)::float8
              as "forwardingLagSeconds"
       from usage_forwarding as forwarding
       join customers using (customer)
       left join usage_batches as waiting
         on waiting.customer = forwarding.customer
        and waiting.sequence = forwarding.forwarded_sequence + 1
      where forwarding.forwarded_sequence < forwarding.last_sequence
        and customers.subscription_id is not null`,
    [horizon, passedOver],
  );
  return rows[0] as PipelineLag;
}
