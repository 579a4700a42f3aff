/** Whether anything that a customer's page shows has changed, cheaply and for many at once. */
import type { Pool } from 'pg';

/**
 * A text per customer that differs when usage was sealed, the workflow wrote a period down, or the
 * customer's state changed. One look-up by key each, however much usage there is.
 */
export async function readDashboardVersions(
  pool: Pool,
  customers: readonly string[],
): Promise<Map<string, string>> {
  const { rows } = await pool.query<{ customer: string; version: string }>(
    `select customer.customer,
            concat_ws(' ', customer.updated_at, forwarding.last_sequence,
              (select max(period.updated_at) from billing_periods period
                where period.customer = customer.customer)) as version
       from customers customer
       left join usage_forwarding forwarding on forwarding.customer = customer.customer
      where customer.customer = any ($1)`,
    [customers],
  );
  return new Map(rows.map(({ customer, version }) => [customer, version]));
}
