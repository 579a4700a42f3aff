/** Gauges of how often usage is sent on and reported: every API tells the same. */
import type { Pool } from 'pg';
import type { Registry } from 'prom-client';
import { readReportPace } from '../db/report-pace';
import { atMostEvery } from './at-most-every';
import { singleGauges } from './single-gauges';

const READ_AGAIN_AFTER_MS = 5_000;

export function registerReportPace(pool: Pool, registers: Registry[]): void {
  // NaN while the database can't be reached.
  const unknownPace = { intervalSeconds: NaN, askedSeconds: NaN, waitSeconds: NaN };
  const readPace = atMostEvery(READ_AGAIN_AFTER_MS, () =>
    readReportPace(pool).catch(() => unknownPace),
  );
  const single = singleGauges(registers, readPace);
  single(
    'tollkeeper_report_interval_seconds',
    'Time between two reports of a customer who uses something all the time',
    ({ intervalSeconds }) => intervalSeconds,
  );
  single(
    'tollkeeper_report_interval_asked_seconds',
    "What that time would be by Stripe's budget alone",
    ({ askedSeconds }) => askedSeconds,
  );
  single(
    'tollkeeper_report_wait_seconds',
    'How long usage that was sent on waits in Temporal for a worker, nine of ten',
    ({ waitSeconds }) => waitSeconds,
  );
}
