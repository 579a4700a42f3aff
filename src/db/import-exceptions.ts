/** Imports that were to be billed, and are not: refused, or late at their renewal. */
import type { Pool } from 'pg';
import { importException } from '../core/adoption/import-exceptions';
import type { ImportException, TroubledImport } from '../core/adoption/import-exceptions';
import { DRAFT_PATIENCE } from './billing-gauges';

/** Who never was taken up is told by the command alone. A test clock is moved by hand. */
const IS_REFUSED = `phase in ('observed', 'waiting') and refusal is not null`;
const IS_OVERDUE = `phase = 'waiting' and refusal is null and test_clock is null
  and bills_from < now() - interval '${DRAFT_PATIENCE}'`;

export interface ImportGauges {
  readonly refused: number;
  readonly overdue: number;
}

export async function readImportGauges(pool: Pool): Promise<ImportGauges> {
  const { rows } = await pool.query<ImportGauges>(
    `select count(*) filter (where ${IS_REFUSED})::float8 as refused,
            count(*) filter (where ${IS_OVERDUE})::float8 as overdue
       from imports where phase in ('observed', 'waiting')`,
  );
  return rows[0] as ImportGauges;
}

/** By our ids of customers, in their order; one has one at most. */
export async function openImportExceptions(
  pool: Pool,
  customer?: string,
): Promise<Map<string, ImportException>> {
  const { rows } = await pool.query<TroubledImport & { readonly customer: string }>(
    `select customer, subscription_id as subscription, refusal, settled_at as "settledAt",
            bills_from as "billsFrom"
       from imports
      where (${IS_REFUSED} or ${IS_OVERDUE}) and ($1::text is null or customer = $1)
      order by customer`,
    [customer ?? null],
  );
  return new Map(rows.map((row) => [row.customer, importException(row)]));
}
