/** Which subscriptions and which of our ids are taken: an import leaves them alone. */
import type { Pool } from 'pg';

export interface ImportClaims {
  /** Subscription → customer. */
  readonly ours: ReadonlyMap<string, string>;
  readonly takenIds: ReadonlySet<string>;
}

export async function readImportClaims(pool: Pool): Promise<ImportClaims> {
  const { rows } = await pool.query<{ customer: string; subscription: string | null }>(
    `select customer, subscription_id as subscription from customers
     union all
     select customer, subscription_id from former_subscriptions`,
  );
  return {
    ours: new Map(
      rows.flatMap(({ customer, subscription }) =>
        subscription === null ? [] : [[subscription, customer] as const],
      ),
    ),
    takenIds: new Set(rows.map(({ customer }) => customer)),
  };
}
