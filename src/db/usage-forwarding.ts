/** The outbox cursor of each customer: claiming those with waiting batches, and moving on. */
import type { Pool } from 'pg';

/** A worker that died gives its customers back after this. */
export const LEASE_SECONDS = 10;

export interface Claim {
  readonly customer: string;
  readonly forwardedSequence: number;
  /** The last batch sealed when the customer was claimed. */
  readonly lastSequence: number;
}

interface ClaimRow {
  readonly customer: string;
  readonly forwarded_sequence: string;
  readonly last_sequence: string;
}

/** So much of the pace is not lost while nobody is due: what comes together goes together. */
const SAVED_SECONDS = 1;
/** A clock that was set back stops nobody: no workers together are ahead of the pace by more. */
const CLAIMED_UNTIL = `
  case when report_pace.claimed_until < clock_timestamp() + interval '1 minute'
       then report_pace.claimed_until end`;

/**
 * Leases up to `limit` customers that are due, who has been so for longest first. A customer
 * without a subscription waits: there is no workflow yet that could count. All workers together
 * lease one in `spacingMs`; 0 is without a bound.
 */
export async function claimCustomers(
  pool: Pool,
  owner: string,
  limit: number,
  spacingMs = 0,
): Promise<Claim[]> {
  const { rows } = await pool.query<ClaimRow>({
    name: 'claim_customers',
    text: `
      with pace as (
        select greatest(
                 ${CLAIMED_UNTIL},
                 clock_timestamp() - make_interval(secs => greatest($5, $4::float8 / 500))
               ) as since
          from report_pace
      ), room as (
        select case when $4 = 0 then $2::integer
                    else least($2::integer, floor(extract(epoch from clock_timestamp() - since)
                                         * 1000 / $4)::integer) end as customers
          from pace
      ), due as (
        select forwarding.customer
          from usage_forwarding as forwarding
          join customers using (customer)
         where forwarding.forwarded_sequence < forwarding.last_sequence
           and forwarding.next_forward_at <= clock_timestamp()
           and (forwarding.lease_expires_at is null
                or forwarding.lease_expires_at <= clock_timestamp())
           and customers.subscription_id is not null
         order by forwarding.next_forward_at
         limit greatest(0, (select customers from room))
           for update of forwarding skip locked
      ), claimed as (
        update usage_forwarding as forwarding
           set lease_owner = $1, lease_expires_at = clock_timestamp() + make_interval(secs => $3)
          from due
         where forwarding.customer = due.customer
        returning forwarding.customer, forwarding.forwarded_sequence, forwarding.last_sequence
      ), paced as (
        update report_pace
           set claimed_until = greatest(${CLAIMED_UNTIL}, pace.since)
                               + counted.customers * make_interval(secs => $4::float8 / 1000)
          from pace, (select count(*) as customers from claimed) as counted
         where $4 > 0 and counted.customers > 0
      )
      select * from claimed`,
    values: [owner, limit, LEASE_SECONDS, spacingMs, SAVED_SECONDS],
  });
  return rows.map((row) => ({
    customer: row.customer,
    forwardedSequence: Number(row.forwarded_sequence),
    lastSequence: Number(row.last_sequence),
  }));
}

/**
 * The workflow has everything up to `sequence`. Without the lease nothing changes. A customer who
 * was due again before `busyMs` had passed is busy: the next signal waits that long and carries
 * more, unless a rest is waiting that did not fit into this one.
 */
export async function completeClaim(
  pool: Pool,
  claim: {
    customer: string;
    owner: string;
    sequence: number;
    hasRest: boolean;
    intervalMs: number;
    busyMs: number;
  },
): Promise<void> {
  await pool.query({
    name: 'complete_claim',
    text: `
      update usage_forwarding
         set forwarded_sequence = greatest(forwarded_sequence, $3::bigint),
             next_forward_at = clock_timestamp() + make_interval(secs => case
               when next_forward_at > clock_timestamp() - make_interval(secs => $5::float8 / 500)
                and not $6 then $5::float8 else $4::float8 end / 1000),
             lease_owner = null, lease_expires_at = null
       where customer = $1 and lease_owner = $2`,
    values: [
      claim.customer,
      claim.owner,
      claim.sequence,
      claim.intervalMs,
      claim.busyMs,
      claim.hasRest,
    ],
  });
}

/**
 * Customers who were due to be sent usage within the last two minutes, or are soon: those who use
 * something all the time. One of them who is still waiting, since so many are, is one of them.
 */
export async function countBusyCustomers(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ busy: number }>(
    `select count(*)::int as busy from usage_forwarding
      where next_forward_at > clock_timestamp() - interval '2 minutes'
         or (forwarded_sequence < last_sequence
             and next_forward_at > clock_timestamp() - interval '30 minutes')`,
  );
  return rows[0]?.busy ?? 0;
}

/** Gives the customer back unsent; it is due again after the pause. */
export async function returnClaim(
  pool: Pool,
  claim: { customer: string; owner: string; pauseMs: number },
): Promise<void> {
  await pool.query(
    `update usage_forwarding
        set next_forward_at = clock_timestamp() + make_interval(secs => $3::float8 / 1000),
            lease_owner = null, lease_expires_at = null
      where customer = $1 and lease_owner = $2`,
    [claim.customer, claim.owner, claim.pauseMs],
  );
}
