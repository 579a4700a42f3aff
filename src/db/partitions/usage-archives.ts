/** Months of the ledger that lie in archives: what is known of them, and who has usage there. */
import type { Pool, PoolClient } from 'pg';
import { monthOfPartition } from '../../core/archive/archive-month';
import { DomainError } from '../../core/errors';

export interface UsageArchive {
  /** The partition that it was. */
  readonly name: string;
  readonly manifestSha256: string;
}

/** Unix seconds, [start, end); null: without an end. */
export interface Span {
  readonly start: number | null;
  readonly end: number | null;
}

/** Those with usage events of a customer that occurred within [start, end), as a query. */
export const archivesWith = (customer: string, start: string, end: string): string =>
  `select name, manifest_sha256 as "manifestSha256"
     from usage_archive_customers join usage_archives using (name)
    where customer = ${customer}
      and (${start}::float8 is null or last_occurred_at >= to_timestamp(${start}))
      and (${end}::float8 is null or first_occurred_at < to_timestamp(${end}))`;

/** Archives with usage events of the customer that occurred within the span, oldest first. */
export async function archivesOf(
  db: Pool | PoolClient,
  customer: string,
  { start, end }: Span,
): Promise<UsageArchive[]> {
  const { rows } = await db.query<UsageArchive>(`${archivesWith('$1', '$2', '$3')} order by ends`, [
    customer,
    start,
    end,
  ]);
  return rows;
}

/**
 * Throws DomainError `usage_archived` if the ledger alone would tell too little. It is asked after
 * the rows were read, or in their snapshot: an archive is noted before its partition goes.
 */
export async function refuseArchived(
  db: Pool | PoolClient,
  customer: string,
  span: Span,
): Promise<void> {
  const archives = await archivesOf(db, customer, span);
  if (archives.length > 0) throw usageArchived(customer, archives);
}

export function usageArchived(customer: string, archives: readonly UsageArchive[]): DomainError {
  const months = archives.map(({ name }) => monthOfPartition(name));
  return new DomainError(
    'usage_archived',
    `Usage events of ${JSON.stringify(customer)} in that time are archived (${months.join(', ')}) ` +
      'and not in the ledger any more. Ask for a later time, have whoever runs this put the month ' +
      'back (tollkeeper ledger attach), or prove an invoice by tollkeeper verify-invoice --archive.',
    { archivedMonths: months },
  );
}
