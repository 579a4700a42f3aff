/** Which payouts have moved less, or more, for a vendor than it should have by now. */
import type { Pool } from 'pg';

/** Gives their invoices, and for one-off sales the charges. */
export async function payoutsWaitingFor(pool: Pool, vendor: string): Promise<string[]> {
  const { rows } = await pool.query<{ id: string }>(
    `select distinct coalesce(invoice_id, charge_id) as id
       from (select max(invoice_id) as invoice_id, charge_id
               from vendor_entries where vendor = $1
              group by charge_id
             having sum(earned_cents) <> sum(moved_cents)) as waiting
      order by 1`,
    [vendor],
  );
  return rows.map(({ id }) => id);
}
