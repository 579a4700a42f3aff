/** What our database still knows of a customer's billing when the workflow has lost its state. */
import type { Pool } from 'pg';
import { readGrants } from './token-grants';
import type { AcknowledgedReports, RecoveredBilling } from '../core/subscription';

export async function readRecoveredBilling(
  pool: Pool,
  customer: string,
): Promise<RecoveredBilling> {
  const archived = await pool.query<{ until: string | null }>(
    `select extract(epoch from max(period_end))::bigint as until
       from billing_periods where customer = $1 and archived_at is not null`,
    [customer],
  );
  // Each acknowledged report has an entry; a report that Stripe has but did not acknowledge to us
  // is sent again under its number, and Stripe knows it by that.
  const { rows } = await pool.query<Record<keyof AcknowledgedReports, string>>(
    `select (detail->'period'->>'start')::bigint as "periodStart", detail->>'rateId' as "rateId",
            count(*) as reports, sum((detail->>'tokens')::bigint) as "reportedTokens"
       from audit_entries where customer = $1 and kind = 'usage_reported' group by 1, 2`,
    [customer],
  );
  const until = archived.rows[0]?.until ?? null;
  return {
    grants: await readGrants(pool, customer),
    archivedUntil: until === null ? null : Number(until),
    reports: rows.map((row) => ({
      periodStart: Number(row.periodStart),
      rateId: row.rateId,
      reports: Number(row.reports),
      reportedTokens: Number(row.reportedTokens),
    })),
  };
}
