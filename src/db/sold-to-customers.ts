/** What customers whose subscription has not ended were sold: those on the same terms together. */
import type { Pool } from 'pg';
import type { SoldTo } from '../core/plans/catalog-against-customers';

export async function listSoldToCustomers(pool: Pool): Promise<SoldTo[]> {
  const { rows } = await pool.query<SoldTo>(
    `select plan, next_plan as "nextPlan", terms, array_agg(customer order by customer) as customers
       from (select customer, customers.plan, next_plan,
                    (select terms from billing_periods
                      where billing_periods.customer = customers.customer
                      order by period_start desc limit 1) as terms
               from customers where billing_status <> 'ended') as sold
      group by plan, next_plan, terms order by plan, min(customer)`,
  );
  return rows;
}
