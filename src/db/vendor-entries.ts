/** The books of vendors: read, and added to by one transaction at a time per vendor. */
import type { Pool, PoolClient } from 'pg';
import type { VendorEntry } from '../core/vendors/vendor-books';
import type { MovementKind, RecordedEntry } from '../core/vendors/vendor-statement';
import { appendAuditEntry } from './audit-entries';
import { inTransaction } from './pool';

const COLUMNS = `
  key, vendor, charge_id as "chargeId", invoice_id as "invoiceId", customer, kind,
  gross_cents::float8 as "grossCents", fee_cents::float8 as "feeCents",
  earned_cents::float8 as "earnedCents", moved_cents::float8 as "movedCents",
  stripe_id as "stripeId", fee_on_refund as "feeOnRefund", tokens::float8 as tokens,
  extract(epoch from period_start)::float8 as "periodStart",
  extract(epoch from period_end)::float8 as "periodEnd",
  extract(epoch from release_at)::float8 as "releaseAt"`;

// Two payouts at once would take the same debt, or book the same difference, twice.
const LOCK_BOOKS = `select pg_advisory_xact_lock(hashtextextended('vendor_entries:' || $1, 0))`;

const INSERT = `
  insert into vendor_entries
    (key, vendor, charge_id, invoice_id, customer, kind, gross_cents, fee_cents, earned_cents,
     moved_cents, stripe_id, fee_on_refund, tokens, period_start, period_end, release_at)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13,
          to_timestamp($14), to_timestamp($15), to_timestamp($16))
  on conflict (key) do nothing`;

/**
 * Adds what `decide` makes of the books as they are: those of the charge, and of every charge of
 * the vendor on which anything is owed, either way. Answers with the books as they are then. Each
 * entry is told in the audit trail of the customer who paid.
 */
export async function bookEntries(
  pool: Pool,
  position: { readonly vendor: string; readonly chargeId: string },
  decide: (bookedEntries: readonly VendorEntry[]) => readonly VendorEntry[],
): Promise<VendorEntry[]> {
  return inTransaction(pool, async (client) => {
    await client.query(LOCK_BOOKS, [position.vendor]);
    const bookedEntries = await readBooks(client, position.vendor, position.chargeId);
    const newEntries: VendorEntry[] = [];
    for (const entry of decide(bookedEntries))
      if (await insert(client, entry)) newEntries.push(entry);
    // The trails are locked until the end: always in the same order, so that no two wait in a ring.
    for (const customer of [...new Set(newEntries.map((entry) => entry.customer))].sort())
      for (const entry of newEntries) if (entry.customer === customer) await tell(client, entry);
    return [...bookedEntries, ...newEntries];
  });
}

async function insert(client: PoolClient, entry: VendorEntry): Promise<boolean> {
  const { rowCount } = await client.query(INSERT, [
    entry.key,
    entry.vendor,
    entry.chargeId,
    entry.invoiceId,
    entry.customer,
    entry.kind,
    entry.grossCents,
    entry.feeCents,
    entry.earnedCents,
    entry.movedCents,
    entry.stripeId,
    entry.feeOnRefund,
    entry.tokens,
    entry.periodStart,
    entry.periodEnd,
    entry.releaseAt,
  ]);
  return rowCount === 1;
}

const tell = (client: PoolClient, { key, customer, ...detail }: VendorEntry): Promise<void> =>
  appendAuditEntry(client, { customer, key, kind: 'vendor_entry', detail });

/**
 * Reads, in the order of booking, those of the charge and of all charges on which anything is owed.
 */
export async function readBooks(
  db: Pool | PoolClient,
  vendor: string,
  chargeId: string | null = null,
): Promise<VendorEntry[]> {
  const { rows } = await db.query<VendorEntry>(
    `select ${COLUMNS} from vendor_entries
      where vendor = $1 and (charge_id = $2 or charge_id in (
              select charge_id from vendor_entries where vendor = $1
               group by charge_id having sum(earned_cents) <> sum(moved_cents)))
      order by entry_number`,
    [vendor, chargeId],
  );
  return rows;
}

/** The books of every vendor that has a share of the charge. */
export async function readBooksOfCharge(
  db: Pool | PoolClient,
  chargeId: string,
): Promise<VendorEntry[]> {
  const { rows } = await db.query<VendorEntry>(
    `select ${COLUMNS} from vendor_entries where charge_id = $1 order by entry_number`,
    [chargeId],
  );
  return rows;
}

/** Usage whose period began in [from, to); Unix seconds, null: without end. */
export interface PeriodRange {
  readonly from: number | null;
  readonly to: number | null;
}

export type NumberedEntry = RecordedEntry & { readonly entryNumber: number };

const NUMBERED = `${COLUMNS}, floor(extract(epoch from recorded_at))::float8 as "recordedAt",
  entry_number::float8 as "entryNumber"`;

const IN_RANGE = `vendor = $1
  and ($2::float8 is null or period_start >= to_timestamp($2))
  and ($3::float8 is null or period_start < to_timestamp($3))`;

const PAGE_SIZE = 1_000;

/**
 * Tells all entries of the range as they are at one moment, a page at a time: those of a charge one
 * after another, in the order of booking. `take` must not wait, since a connection is held.
 */
export async function readEntriesByCharge(
  pool: Pool,
  vendor: string,
  { from, to }: PeriodRange,
  take: (entries: readonly NumberedEntry[]) => void,
): Promise<void> {
  await inTransaction(pool, async (client) => {
    // All will be fetched: without it the database plans for the first tenth.
    await client.query('set local cursor_tuple_fraction = 1');
    await client.query(
      `declare entries no scroll cursor for
         select ${NUMBERED} from vendor_entries where ${IN_RANGE}
          order by charge_id, entry_number`,
      [vendor, from, to],
    );
    for (let isMore = true; isMore;) {
      const { rows } = await client.query<NumberedEntry>(`fetch ${PAGE_SIZE} from entries`);
      take(rows);
      isMore = rows.length === PAGE_SIZE;
    }
  });
}

export type MovementEntry = NumberedEntry & { readonly kind: MovementKind };

/** Between two entries, which are not of it; of both kinds unless one is named. */
export interface MovementPage {
  readonly after?: number;
  readonly before?: number;
  readonly kind?: MovementKind;
  readonly isLatestFirst: boolean;
  readonly limit: number;
}

/** Transfers and reversals of the range, by the order in which they were booked. */
export async function readMovementPage(
  pool: Pool,
  vendor: string,
  { from, to }: PeriodRange,
  { after, before, kind, isLatestFirst, limit }: MovementPage,
): Promise<MovementEntry[]> {
  const { rows } = await pool.query<MovementEntry>(
    `select ${NUMBERED} from vendor_entries
      where ${IN_RANGE} and kind in ('transfer', 'reversal')
        and entry_number > $4::bigint and entry_number < $5::bigint
        and ($6::text is null or kind = $6)
      order by entry_number ${isLatestFirst ? 'desc' : 'asc'} limit $7`,
    [vendor, from, to, after ?? 0, before ?? Number.MAX_SAFE_INTEGER, kind ?? null, limit],
  );
  return rows;
}
