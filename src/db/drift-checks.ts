/** The audit of drift in Postgres: which customer is next, and what was found of each. */
import type { Pool } from 'pg';
import { findCustomer } from './customers';
import type { Customer } from './customers';

export interface DriftFinding {
  readonly customer: string;
  /** Sum over rates of open periods of |ledger − meter|; null: it could not be read. */
  readonly driftTokens: number | null;
  readonly answers: boolean;
  readonly fault: string | null;
}

export interface DriftGauges {
  /** What was found twice, and is no usage on its way. */
  readonly driftTokens: number;
  readonly silentWorkflows: number;
  readonly uncheckedCustomers: number;
  /** How long the check that has waited longest is overdue. */
  readonly overdueSeconds: number;
}

/** A check that broke off is begun again after so long. */
const LEASE = '5 minutes';
/** What differs may be on its way: it is looked at again soon. */
const LOOK_AGAIN = '1 minute';
/** Found to differ for longer than this, it is drift. */
const AT_REST = '2 minutes';

/** Customers with something to bill whose time has come; a new one is due after one interval. */
const DUE = `
  select customers.customer,
         coalesce(checks.next_check_at, customers.created_at + $1::interval) as due
    from customers left join drift_checks as checks using (customer)
   where customers.subscription_id is not null
     and (customers.billing_status <> 'ended'
          or exists (select from billing_periods as period
                      where period.customer = customers.customer and archived_at is null))`;

const interval = (minutes: number): string => `${minutes} minutes`;

/** Takes the customer that has waited longest; undefined: nobody is due. */
export async function claimDriftCheck(
  pool: Pool,
  everyMinutes: number,
): Promise<Customer | undefined> {
  const { rows } = await pool.query<{ customer: string }>(
    `insert into drift_checks (customer, next_check_at)
     select customer, clock_timestamp() + '${LEASE}'::interval from (${DUE}) as waiting
      where due <= clock_timestamp() order by due limit 1
     on conflict (customer) do update set next_check_at = excluded.next_check_at
      where drift_checks.next_check_at <= clock_timestamp()
     returning customer`,
    [interval(everyMinutes)],
  );
  const [claimed] = rows;
  return claimed && findCustomer(pool, claimed.customer);
}

export async function recordDriftFinding(
  pool: Pool,
  { customer, driftTokens, answers, fault }: DriftFinding,
  everyMinutes: number,
): Promise<void> {
  await pool.query(
    `insert into drift_checks (customer, checked_at, next_check_at, drift_tokens, fault,
                               differs_since, silent_since)
     values ($1, clock_timestamp(), clock_timestamp() + $5::interval, $2, $4,
             case when $2::numeric = 0 then null else clock_timestamp() end,
             case when $3 then null else clock_timestamp() end)
     on conflict (customer) do update
       set checked_at = excluded.checked_at, next_check_at = excluded.next_check_at,
           drift_tokens = excluded.drift_tokens, fault = excluded.fault,
           differs_since = case when excluded.differs_since is null then null
             else coalesce(drift_checks.differs_since, excluded.differs_since) end,
           silent_since = case when excluded.silent_since is null then null
             else coalesce(drift_checks.silent_since, excluded.silent_since) end`,
    [
      customer,
      driftTokens,
      answers,
      fault,
      driftTokens === 0 && answers ? interval(everyMinutes) : LOOK_AGAIN,
    ],
  );
}

export async function readDriftGauges(pool: Pool): Promise<DriftGauges> {
  const { rows } = await pool.query<DriftGauges>(
    `select coalesce(sum(drift_tokens) filter (
              where differs_since < clock_timestamp() - '${AT_REST}'::interval), 0)::float8
              as "driftTokens",
            count(*) filter (where silent_since < clock_timestamp() - '${AT_REST}'::interval)::int
              as "silentWorkflows",
            count(*) filter (where checked_at is not null and drift_tokens is null)::int
              as "uncheckedCustomers",
            greatest(0, coalesce(extract(epoch from clock_timestamp() - min(next_check_at)),
                                 0))::float8
              as "overdueSeconds"
       from drift_checks join customers using (customer)`,
  );
  return rows[0] as DriftGauges;
}

/** Lists for people of whom something is wrong, worst first. */
export async function listDriftFindings(pool: Pool, limit: number): Promise<DriftFinding[]> {
  const { rows } = await pool.query<DriftFinding>(
    `select customer, drift_tokens::float8 as "driftTokens", silent_since is null as answers, fault
       from drift_checks
      where checked_at is not null
        and (drift_tokens is null or drift_tokens <> 0 or silent_since is not null)
      order by drift_tokens desc nulls first, customer limit $1`,
    [limit],
  );
  return rows;
}
