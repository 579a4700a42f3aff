/** Customers by pages, in the order of their ids, narrowed by what they are. */
import type { Pool } from 'pg';
import { SELECT_CUSTOMERS } from './customers';
import type { Customer } from './customers';

export interface CustomerFilter {
  /** It is looked for in id, e-mail address and name; A to Z are as a to z. */
  readonly search?: string;
  readonly plan?: string;
  readonly status?: string;
  /** Only these, or all but these. */
  readonly among?: { readonly customers: readonly string[]; readonly isExcluded: boolean };
}

// Text is looked for as it is: to `strpos` no character is a pattern.
const READ = `${SELECT_CUSTOMERS}
  where customer > $1
    and ($2::text is null or strpos(lower(customer), lower($2)) > 0
         or strpos(lower(email), lower($2)) > 0 or strpos(lower(name), lower($2)) > 0)
    and ($3::text is null or plan = $3)
    and ($4::text is null or billing_status = $4)
    and ($5::text[] is null or (customer = any($5)) <> $6)
  order by customer limit $7`;

export async function readCustomerPage(
  pool: Pool,
  { search, plan, status, among }: CustomerFilter,
  page: { readonly after?: string; readonly limit: number },
): Promise<Customer[]> {
  const { rows } = await pool.query<Customer>(READ, [
    page.after ?? '',
    search ?? null,
    plan ?? null,
    status ?? null,
    among?.customers ?? null,
    among?.isExcluded ?? false,
    page.limit,
  ]);
  return rows;
}
