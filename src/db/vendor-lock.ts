/** One at a time per vendor, in whichever process: held until the transaction ends. */
import type { PoolClient } from 'pg';

export async function lockVendor(client: PoolClient, vendor: string): Promise<void> {
  await client.query(`select pg_advisory_xact_lock(hashtextextended('vendors:' || $1, 0))`, [
    vendor,
  ]);
}
