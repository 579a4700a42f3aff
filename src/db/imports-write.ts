/** Writing imports: what is noted of one, taken over, refused and undone. Each has its entry. */
import type { Pool, PoolClient } from 'pg';
import type { ImportEntry } from '../core/adoption/import-plan';
import { appendAuditEntry } from './audit-entries';
import { findImport } from './imports';
import type { ImportPhase, ImportRow } from './imports';
import { inTransaction } from './pool';

/** Where the customer is at Stripe, as it was read when the import was carried out. */
export interface ImportContact {
  readonly email: string | null;
  readonly name: string | null;
  readonly testClock: string | null;
}

export interface ImportRecord extends ImportContact {
  readonly entry: ImportEntry;
  readonly catalogVersion: string;
  readonly phase: ImportPhase;
  readonly refusal: string | null;
  /** Unix seconds of the customer's own clock. */
  readonly observedSince: number | null;
  /** Unix seconds. */
  readonly billsFrom: number | null;
  /** Who asked for it. */
  readonly by: string;
  /** It is on its way: usage is taken, and nobody is told that it is settled. Absent: it is. */
  readonly isUnderWay?: true;
}

/** The first to observe stays as it is noted; a change of phase has its entry. */
export async function recordImport(pool: Pool, record: ImportRecord): Promise<void> {
  await inTransaction(pool, (client) => writeImport(client, record));
}

/**
 * The subscription becomes a customer's, billed from that second on. Repeating it changes nothing.
 */
export async function takeOver(
  pool: Pool,
  record: ImportRecord & { readonly billsFrom: number },
): Promise<void> {
  const { entry, email, name, testClock, billsFrom } = record;
  await inTransaction(pool, async (client) => {
    await client.query(
      `insert into customers (customer, email, name, plan, test_clock, stripe_customer_id,
                              subscription_id, billed_from)
       values ($1, $2, $3, $4, $5, $6, $7, to_timestamp($8))
       on conflict (subscription_id) do nothing`,
      [
        ...[entry.customer, email ?? '', name, entry.plan, testClock, entry.stripeCustomer],
        ...[entry.subscription, billsFrom],
      ],
    );
    await writeImport(client, { ...record, phase: 'billed', refusal: null });
  });
}

async function writeImport(client: PoolClient, record: ImportRecord): Promise<void> {
  const { entry, phase, refusal, catalogVersion, billsFrom, by } = record;
  const previous = await findImport(client, entry.subscription);
  await client.query(
    `insert into imports (subscription_id, customer, stripe_customer_id, plan, catalog_version,
                          price_id, email, name, test_clock, phase, refusal, observed_since,
                          bills_from, settled_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, to_timestamp($12), to_timestamp($13),
             case when $14 then '-infinity'::timestamptz else clock_timestamp() end)
     on conflict (subscription_id) do update
       set customer = excluded.customer, stripe_customer_id = excluded.stripe_customer_id,
           plan = excluded.plan, catalog_version = excluded.catalog_version,
           price_id = excluded.price_id, email = excluded.email, name = excluded.name,
           test_clock = excluded.test_clock, phase = excluded.phase, refusal = excluded.refusal,
           observed_since = coalesce(imports.observed_since, excluded.observed_since),
           bills_from = excluded.bills_from,
           settled_at = case when $14 then imports.settled_at else clock_timestamp() end`,
    [
      ...[entry.subscription, entry.customer, entry.stripeCustomer, entry.plan, catalogVersion],
      ...[entry.price, record.email ?? '', record.name, record.testClock, phase, refusal],
      ...[record.observedSince, billsFrom, record.isUnderWay ?? false],
    ],
  );
  if (record.isUnderWay || (previous?.phase === phase && previous.refusal === refusal)) return;
  await appendAuditEntry(client, {
    customer: entry.customer,
    // The same phase may come again, once an import was undone.
    key: `import:${entry.subscription}:${phase}:${previous ? timeOf(previous) : 0}`,
    kind: `import_${phase}`,
    detail: { ...entry, catalogVersion, refusal, billsFrom, by },
  });
}

/** One that was never settled is given back as -Infinity. */
const timeOf = ({ settledAt }: ImportRow): string => String(Number(settledAt));

/** Nobody is observed any more; what is billed stays as it is. */
export async function endObservation(
  pool: Pool,
  subscription: string,
  by: string,
): Promise<ImportRow | undefined> {
  return inTransaction(pool, async (client) => {
    const row = await findImport(client, subscription);
    if (!row || row.phase === 'undone') return row;
    await client.query(
      `update imports
          set phase = 'undone', refusal = null, observed_since = null, bills_from = null,
              settled_at = clock_timestamp()
        where subscription_id = $1`,
      [subscription],
    );
    await appendAuditEntry(client, {
      customer: row.customer,
      key: `import:${subscription}:undone:${timeOf(row)}`,
      kind: 'import_undone',
      detail: { subscription, from: row.phase, by },
    });
    return row;
  });
}

/** What the import wrote into our tables is gone: null. Otherwise why that can't be. */
export async function forgetImported(pool: Pool, subscription: string): Promise<string | null> {
  const { rows } = await pool.query<{ stays: string | null }>(
    'select forget_imported($1) as stays',
    [subscription],
  );
  return rows[0]?.stays ?? null;
}

export async function settleImport(pool: Pool, subscription: string): Promise<void> {
  await pool.query(
    `update imports set refusal = null, settled_at = clock_timestamp() where subscription_id = $1`,
    [subscription],
  );
}

export type ImportRefusal = Pick<ImportRecord, 'entry' | 'catalogVersion' | 'by'> & {
  readonly refusal: string;
  /** It goes on, and who waits for a renewal waits on. Absent: nothing more is tried. */
  readonly isTriedAgain?: true;
};

/** A wish is refused, and what holds goes on holding. */
export async function refuseImport(pool: Pool, record: ImportRefusal): Promise<void> {
  const previous = await findImport(pool, record.entry.subscription);
  const holds = previous?.phase ?? 'refused';
  const phase = holds === 'waiting' && !record.isTriedAgain ? 'observed' : holds;
  const stands = phase !== 'refused' && phase !== 'undone';
  if (!stands || !previous) return recordImport(pool, { ...record, ...NOWHERE, phase: 'refused' });
  await pool.query(
    `update imports set phase = $2, refusal = $3, settled_at = clock_timestamp()
      where subscription_id = $1`,
    [record.entry.subscription, phase, record.refusal],
  );
}

const NOWHERE = {
  ...{ email: null, name: null, testClock: null },
  ...{ observedSince: null, billsFrom: null },
};
