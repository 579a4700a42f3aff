/** Connections to Postgres, and one way to run a transaction. */
import { isNativeError } from 'node:util/types';
import { DatabaseError, Pool } from 'pg';
import type { PoolClient } from 'pg';

const CONNECT_TIMEOUT_MS = 5_000;

export interface PoolSettings {
  readonly connectionString: string;
  readonly max?: number;
  /** Whoever has waited so long for a connection fails. */
  readonly connectTimeoutMs?: number;
}

export function createPool(settings: PoolSettings): Pool {
  const { connectionString, max = 10, connectTimeoutMs = CONNECT_TIMEOUT_MS } = settings;
  const pool = new LedgerPool({
    connectionString,
    max,
    connectionTimeoutMillis: connectTimeoutMs,
    application_name: 'tollkeeper',
    keepAlive: true,
  });
  // An idle connection that dies is replaced on the next query; unheard, it would end the process.
  pool.on('error', () => undefined);
  // One that dies between two queries of a transaction fails the next of them: that is enough.
  pool.on('connect', (client) => void client.on('error', () => undefined));
  return pool;
}

/** Errors of having no connection, whatever they say: the driver has no class or code for them. */
const ofConnecting = new WeakSet<Error>();

type Connected = (
  error: Error | undefined,
  client: PoolClient | undefined,
  done: (release?: unknown) => void,
) => void;

class LedgerPool extends Pool {
  override connect(): Promise<PoolClient>;
  override connect(callback: Connected): void;
  override connect(callback?: Connected): Promise<PoolClient> | void {
    if (callback === undefined) return super.connect().catch(noteAndThrow);
    super.connect((error, client, done) => {
      if (error) ofConnecting.add(error);
      callback(error, client, done);
    });
  }
}

function noteAndThrow(error: Error): never {
  ofConnecting.add(error);
  throw error;
}

/** SQLSTATE of connections that are refused, lost, or ended by whoever operates Postgres. */
const NO_CONNECTION = /^(08|53|57P)/;
/** The driver's own words for a connection that went away during a query. */
const ENDED = /^Connection terminated/;
/** The system's words for it, when a server is killed or the way to it breaks during a query. */
const BROKEN = ['ECONNRESET', 'EPIPE', 'ETIMEDOUT'];

/** There was none to be had, or it ended: nobody's fault, and it may go well the next time. */
export function isWithoutConnection(error: unknown): boolean {
  // Node's own errors are of another realm in tests: `instanceof` would not know them.
  if (!isNativeError(error)) return false;
  const isEnded = error instanceof DatabaseError && NO_CONNECTION.test(error.code ?? '');
  const isBroken = BROKEN.includes(String((error as NodeJS.ErrnoException).code));
  return ofConnecting.has(error) || isEnded || isBroken || ENDED.test(error.message);
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
