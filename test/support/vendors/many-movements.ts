/** Books with any number of transfers: each of $1.00, for a charge of its own that earned it. */
import type { Pool } from 'pg';

/** `name`: what the ids begin with; numbers from 1 follow. Half of the charges are held back. */
export async function fillMovements(
  pool: Pool,
  vendor: string,
  count: number,
  name = vendor,
): Promise<void> {
  await pool.query(
    `insert into vendor_entries
       (key, vendor, charge_id, invoice_id, customer, kind, gross_cents, fee_cents, earned_cents,
        moved_cents, stripe_id, fee_on_refund, tokens, period_start, period_end, release_at)
     select kind || ':' || $1 || ':' || number, $2, 'ch_' || $1 || '_' || number,
            'in_' || $1 || '_' || number, 'ada', kind,
            gross, fee, earned, moved, case kind when 'transfer' then 'tr_' || $1 || '_' || number
            end, case kind when 'share' then 'returned' end, gross, '2026-01-01', '2026-02-01',
            case when number % 2 = 0 then '2026-02-08' else '2999-01-01' end::timestamptz
       from generate_series(1, $3::int) as number,
            (values (1, 'share', 120, 20, 100, 0), (2, 'transfer', 0, 0, 0, 100))
              as entry (at, kind, gross, fee, earned, moved)
      order by number, at`,
    [name, vendor, count],
  );
}
