/** The pace of reports that all workers have in common: one row, which each brings up to date. */
import type { Pool } from 'pg';
import type { Pace } from '../core/counting/report-pace';
import { inTransaction } from './pool';

/** What one worker saw is all workers' until it looks again itself. */
const SEEN_MS = 9_000;

export interface ReportPace extends Pace {
  /** How long reports waited for a worker lately, where most did. Null: nobody saw any. */
  readonly waitMs: number | null;
  /** Milliseconds since this was last decided. Null: it never was. */
  readonly sinceDecisionMs: number | null;
  /** How long reports waited then. Null: nobody saw any. */
  readonly decidedWaitMs: number | null;
}

export interface PaceInForce extends Pace {
  readonly isDecided: boolean;
  readonly intervalMs: number;
  readonly askedMs: number;
}

/** One worker after the other notes what it saw, and decides by what all have seen. */
export async function updateReportPace(
  pool: Pool,
  seenWaitMs: number | undefined,
  decide: (pace: ReportPace) => PaceInForce,
): Promise<PaceInForce> {
  return inTransaction(pool, async (client) => {
    const { rows } = await client.query<ReportPace>(
      `select ms_per_customer as "msPerCustomer", too_close_ms as "tooCloseMs",
              greatest($1::float8, case when ${msSince('waited_at')} < $2 then wait_ms end)
                as "waitMs",
              ${msSince('decided_at')} as "sinceDecisionMs", decided_wait_ms as "decidedWaitMs"
         from report_pace for update`,
      [seenWaitMs ?? null, SEEN_MS],
    );
    const [pace] = rows;
    if (!pace) throw new Error('report_pace has no row: run `tollkeeper migrate`.');
    const inForce = decide(pace);
    const isSeen = seenWaitMs !== undefined && seenWaitMs === pace.waitMs;
    await client.query(
      `update report_pace
          set ms_per_customer = $1, interval_ms = $2, asked_ms = $3, wait_ms = $4,
              waited_at = case when $5 then clock_timestamp() else waited_at end,
              decided_at = case when $6 then clock_timestamp() else decided_at end,
              decided_wait_ms = case when $6 then $4 else decided_wait_ms end, too_close_ms = $7`,
      [
        ...[inForce.msPerCustomer, inForce.intervalMs, inForce.askedMs, pace.waitMs],
        ...[isSeen, inForce.isDecided, inForce.tooCloseMs],
      ],
    );
    return inForce;
  });
}

const msSince = (column: string): string =>
  `(extract(epoch from clock_timestamp() - ${column}) * 1000)::float8`;

export interface PaceGauges {
  readonly intervalSeconds: number;
  readonly askedSeconds: number;
  /** NaN: nobody saw any report wait lately. */
  readonly waitSeconds: number;
}

export async function readReportPace(pool: Pool): Promise<PaceGauges> {
  const { rows } = await pool.query<PaceGauges>(
    `select interval_ms / 1000 as "intervalSeconds", asked_ms / 1000 as "askedSeconds",
            coalesce(wait_ms / 1000, 'NaN') as "waitSeconds"
       from report_pace`,
  );
  return rows[0] ?? { intervalSeconds: NaN, askedSeconds: NaN, waitSeconds: NaN };
}
