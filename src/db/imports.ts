/** Subscriptions that were there before us: who is observed, waits, or is ours now. */
import type { Pool, PoolClient } from 'pg';
import type { ImportEntry } from '../core/adoption/import-plan';

export type ImportPhase = 'refused' | 'observed' | 'waiting' | 'billed' | 'undone';

export interface ImportRow {
  readonly subscription: string;
  readonly customer: string;
  readonly stripeCustomer: string;
  readonly plan: string;
  readonly catalogVersion: string;
  readonly price: string;
  readonly testClock: string | null;
  readonly phase: ImportPhase;
  readonly refusal: string | null;
  readonly observedSince: Date | null;
  readonly billsFrom: Date | null;
  readonly settledAt: Date;
}

const SELECT = `
  select subscription_id as subscription, customer, stripe_customer_id as "stripeCustomer", plan,
         catalog_version as "catalogVersion", price_id as price, test_clock as "testClock", phase,
         refusal, observed_since as "observedSince", bills_from as "billsFrom",
         settled_at as "settledAt"
    from imports`;

export async function findImport(
  db: Pool | PoolClient,
  subscription: string,
): Promise<ImportRow | undefined> {
  const { rows } = await db.query<ImportRow>(`${SELECT} where subscription_id = $1`, [
    subscription,
  ]);
  return rows[0];
}

/** Those that are in any of these phases, in the order of their subscriptions' ids. */
export async function listImports(
  pool: Pool,
  phases: readonly ImportPhase[],
): Promise<ImportRow[]> {
  const { rows } = await pool.query<ImportRow>(
    `${SELECT} where phase = any($1::text[]) order by subscription_id`,
    [phases],
  );
  return rows;
}

/** The subscription of who is observed under this id. Undefined: nobody is. */
export async function findObserved(pool: Pool, customer: string): Promise<string | undefined> {
  const { rows } = await pool.query<{ subscription: string }>(
    `select subscription_id as subscription from imports
      where customer = $1 and phase in ('observed', 'waiting')`,
    [customer],
  );
  return rows[0]?.subscription;
}

/** Why nobody can become this customer: somebody else is, here or in another import. */
export async function findRival(
  pool: Pool,
  { subscription, customer, stripeCustomer }: ImportEntry,
): Promise<string | null> {
  const { rows } = await pool.query<{ customer: string; subscription: string | null }>(
    `select customer, subscription_id as subscription from customers
      where (customer = $1 or stripe_customer_id = $2) and subscription_id is distinct from $3
     union all
     select customer, subscription_id from imports
      where (customer = $1 or stripe_customer_id = $2) and subscription_id <> $3
        and phase in ('observed', 'waiting')`,
    [customer, stripeCustomer, subscription],
  );
  const [rival] = rows;
  if (!rival) return null;
  return (
    `customer_id_taken: customer ${rival.customer} has ${rival.subscription ?? 'no subscription yet'}, ` +
    'under the same id or the same customer at Stripe'
  );
}

/** How those of these subscriptions stand that were settled since, by subscription. */
export async function settledImports(
  pool: Pool,
  subscriptions: readonly string[],
  since: Date,
): Promise<Map<string, Pick<ImportRow, 'phase' | 'refusal'>>> {
  const { rows } = await pool.query<ImportRow>(
    `${SELECT} where subscription_id = any($1::text[]) and settled_at >= $2`,
    [subscriptions, since],
  );
  return new Map(
    rows.map(({ subscription, phase, refusal }) => [subscription, { phase, refusal }]),
  );
}

export async function databaseTime(pool: Pool): Promise<Date> {
  const { rows } = await pool.query<{ now: Date }>('select clock_timestamp() as now');
  return rows[0]?.now ?? new Date();
}
