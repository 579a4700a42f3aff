/** Connections to Postgres, and one way to run a transaction. */
import { Pool } from 'pg';
import type { PoolClient } from 'pg';

const CONNECT_TIMEOUT_MS = 5_000;

export interface PoolSettings {
  readonly connectionString: string;
  readonly max?: number;
}

export function createPool({ connectionString, max = 10 }: PoolSettings): Pool {
  const pool = new Pool({
    connectionString,
    max,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    application_name: 'tollkeeper',
    keepAlive: true,
  });
  // An idle connection that dies is replaced on the next query; unheard, it would end the process.
  pool.on('error', () => undefined);
  // One that dies between two queries of a transaction fails the next of them: that is enough.
  pool.on('connect', (client) => void client.on('error', () => undefined));
  return pool;
}

export async function inTransaction<T>(
  pool: Pool,
  work: (client: PoolClient) => Promise<T>,
): Promise<T> {
  const client = await pool.connect();
  let connectionError: Error | undefined;
  try {
    await client.query('begin');
    const result = await work(client);
    await client.query('commit');
    return result;
  } catch (error) {
    await client.query('rollback').catch((failure: Error) => {
      connectionError = failure;
    });
    throw error;
  } finally {
    // A connection that can't even roll back is thrown away.
    client.release(connectionError);
  }
}
