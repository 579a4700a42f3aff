/**
 * The audit trail: what was decided, why and from which inputs. The entries of a customer form a
 * chain of hashes, so none can be changed, removed or put in between without it being seen.
 */
import { createHash } from 'node:crypto';
import { Pool } from 'pg';
import type { PoolClient } from 'pg';
import { canonicalJson } from '../core/canonical-json';
import { invariant } from '../core/errors';
import { allStorable, storable } from '../core/text';
import { inTransaction } from './pool';

export interface NewAuditEntry {
  readonly customer: string;
  /** Deterministic: the same fact told twice is one entry. */
  readonly key: string;
  /** It is in snake_case. */
  readonly kind: string;
  readonly detail: Readonly<Record<string, unknown>>;
  readonly at?: Date;
}

export interface AuditEntry {
  readonly customer: string;
  readonly entryNumber: number;
  readonly key: string;
  readonly kind: string;
  readonly detail: Readonly<Record<string, unknown>>;
  readonly at: Date;
  readonly previousHash: Buffer;
  readonly hash: Buffer;
}

/** What the first entry of a chain has as its predecessor. */
const CHAIN_START = Buffer.alloc(32);

// One writer at a time per customer; held until the transaction ends.
const LOCK_CHAIN = `select pg_advisory_xact_lock(hashtextextended('audit_entries:' || $1, 0))`;

const APPEND = `
  with last as (
    select entry_number, hash from audit_entries
     where customer = $1 order by entry_number desc limit 1
  ), link as (
    select coalesce((select entry_number from last), 0) + 1 as entry_number,
           coalesce((select hash from last), $6::bytea) as previous_hash
  )
  insert into audit_entries (customer, entry_number, key, kind, detail, at, previous_hash, hash)
  select $1, entry_number, $2, $3, $4::jsonb, $5, previous_hash,
         sha256(previous_hash || convert_to($7, 'UTF8'))
    from link
  on conflict (customer, key) do nothing`;

/** Given a pool, its own transaction; given a client, part of the transaction that it is in. */
export async function appendAuditEntry(db: Pool | PoolClient, entry: NewAuditEntry): Promise<void> {
  invariant(
    /^[a-z][a-z0-9]*(_[a-z0-9]+)*$/.test(entry.kind),
    `The kind of an audit entry is ${JSON.stringify(entry.kind)}: expected snake_case.`,
  );
  if (!(db instanceof Pool)) return append(db, entry);
  await inTransaction(db, (client) => append(client, entry));
}

async function append(client: PoolClient, entry: NewAuditEntry): Promise<void> {
  const time = entry.at ?? new Date();
  // The database will give it back so: no undefined, dates as strings, and no text that it refuses.
  // Whatever was decided must be written, and much of what is told here comes from outside.
  const detail = allStorable(JSON.parse(JSON.stringify(entry.detail))) as AuditEntry['detail'];
  const key = storable(entry.key);
  await client.query({ name: 'lock_chain', text: LOCK_CHAIN, values: [entry.customer] });
  await client.query({
    name: 'append_audit_entry',
    text: APPEND,
    values: [
      ...[entry.customer, key, entry.kind, JSON.stringify(detail), time, CHAIN_START],
      canonicalContent({ ...entry, key, at: time, detail }),
    ],
  });
}

/** What an entry says, by its key. Undefined: there is none. */
export async function findAuditDetail(
  db: Pool | PoolClient,
  customer: string,
  key: string,
): Promise<AuditEntry['detail'] | undefined> {
  const { rows } = await db.query<{ detail: AuditEntry['detail'] }>({
    name: 'find_audit_detail',
    text: 'select detail from audit_entries where customer = $1 and key = $2',
    values: [customer, storable(key)],
  });
  return rows[0]?.detail;
}

/** All entries of a customer, in order: for who must have them at once, as the check of a chain. */
export const readAuditEntries = (db: Pool | PoolClient, customer: string): Promise<AuditEntry[]> =>
  readAuditPage(db, customer, {});

/** Entries in order, after the one of that number; `limit`: at most so many. */
export async function readAuditPage(
  db: Pool | PoolClient,
  customer: string,
  range: { readonly after?: number; readonly limit?: number },
): Promise<AuditEntry[]> {
  const { rows } = await db.query<{
    entry_number: string;
    key: string;
    kind: string;
    detail: AuditEntry['detail'];
    at: Date;
    previous_hash: Buffer;
    hash: Buffer;
  }>(
    `select entry_number, key, kind, detail, at, previous_hash, hash
       from audit_entries where customer = $1 and entry_number > $2
      order by entry_number limit $3`,
    [customer, range.after ?? 0, range.limit ?? null],
  );
  return rows.map((row) => ({
    customer,
    entryNumber: Number(row.entry_number),
    key: row.key,
    kind: row.kind,
    detail: row.detail,
    at: row.at,
    previousHash: row.previous_hash,
    hash: row.hash,
  }));
}

export type AuditChain =
  | { readonly intact: true }
  | { readonly intact: false; readonly entryNumber: number; readonly reason: string };

/**
 * Checks a customer's whole chain, given in order; names the first entry that is not as written.
 */
export function verifyAuditChain(entries: readonly AuditEntry[]): AuditChain {
  let previousHash: Buffer = CHAIN_START;
  for (const [index, entry] of entries.entries()) {
    const { entryNumber } = entry;
    if (entryNumber !== index + 1) {
      const reason = `entry ${index + 1} is missing: the next one is number ${entryNumber}`;
      return { intact: false, entryNumber: index + 1, reason };
    }
    if (!entry.previousHash.equals(previousHash)) {
      return { intact: false, entryNumber, reason: 'it does not follow the entry before it' };
    }
    const expectedHash = createHash('sha256').update(previousHash).update(canonicalContent(entry));
    if (!entry.hash.equals(expectedHash.digest())) {
      return { intact: false, entryNumber, reason: 'its content is not what was hashed' };
    }
    previousHash = entry.hash;
  }
  return { intact: true };
}

function canonicalContent(
  entry: Pick<AuditEntry, 'customer' | 'key' | 'kind' | 'detail' | 'at'>,
): string {
  const { customer, key, kind, detail, at } = entry;
  return canonicalJson({ customer, key, kind, detail, at: at.toISOString() });
}
