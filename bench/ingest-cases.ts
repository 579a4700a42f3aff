/** Usage over HTTP: a bare Express endpoint, one event a request, and a hundred a request. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Pool } from 'pg';
import { ALL_TOKENS } from '../src/db/token-columns';
import { startHttpLoad } from './http-load';
import type { Load } from './load';
import type { Ledger, RunningProgram } from './surroundings';
import { customerName, TOKENS_PER_EVENT, usageRequests } from './usage-requests';

const CUSTOMERS = 200;
export const CONNECTIONS = 50;
/** A hundred events each: more of them only wait longer. */
export const BATCH_CONNECTIONS = 16;
const SEALED_LIMIT_MS = 30_000;
const POLL_MS = 50;

export interface IngestLoads {
  bareExpress(): Promise<Load>;
  singleEvents(): Promise<Load>;
  batches(): Promise<Load>;
}

export function ingestLoads(
  bareExpress: RunningProgram,
  api: RunningProgram,
  { ingestKey }: Ledger,
): IngestLoads {
  const load = (url: string, connections: number, eventsPerRequest: number) =>
    startHttpLoad({
      url,
      connections,
      eventsPerRequest,
      nextRequest: usageRequests({ url, key: ingestKey, customers: CUSTOMERS, eventsPerRequest }),
    });
  return {
    bareExpress: () => load(bareExpress.url, CONNECTIONS, 1),
    singleEvents: () => load(api.url, CONNECTIONS, 1),
    batches: () => load(api.url, BATCH_CONNECTIONS, 100),
  };
}

/** Customers as the workflow projects them; Stripe has no part in taking usage. */
export async function addCustomers(
  pool: Pool,
  names = Array.from({ length: CUSTOMERS }, (_, number) => customerName(number)),
): Promise<void> {
  await pool.query(
    `insert into customers (customer, email, plan, subscription_id, billing_status)
     select customer, customer || '@example.com', 'pay_as_you_go', customer, 'active'
       from unnest($1::text[]) as customer`,
    [names],
  );
}

/**
 * Waits until as many tokens are sealed as were acknowledged, then compares every sum. Answers how
 * long it took; throws when anything is missing, or there twice. `since` is the transaction from
 * which on the ledger is compared.
 */
export async function checkSealed(
  pool: Pool,
  acknowledgedEvents: number,
  since = '0',
): Promise<number> {
  const expected = acknowledgedEvents * TOKENS_PER_EVENT;
  const startedAt = performance.now();
  let sealed = await sumOf(pool, 'tokens', 'usage_batches');
  while (sealed < expected) {
    if (performance.now() - startedAt > SEALED_LIMIT_MS) break;
    await pause(POLL_MS);
    sealed = await sumOf(pool, 'tokens', 'usage_batches');
  }
  const tookMs = performance.now() - startedAt;
  const sums = {
    ledger: await sumOf(pool, ALL_TOKENS, `usage_events where tx >= '${since}'`),
    batches: sealed,
    daily: await sumOf(pool, 'tokens', 'usage_daily'),
  };
  if (Object.values(sums).every((sum) => sum === expected)) return tookMs;
  throw new Error(
    `Tokens differ ${Math.round(tookMs)} ms after the load: acknowledged ${expected}, ` +
      `ledger ${sums.ledger}, sealed ${sums.batches}, daily ${sums.daily}. ` +
      'This is a fault of Tollkeeper, not a slow machine.',
  );
}

async function sumOf(pool: Pool, expression: string, from: string): Promise<number> {
  const { rows } = await pool.query<{ sum: string }>(
    `select coalesce(sum(${expression}), 0)::text as sum from ${from}`,
  );
  return Number(rows[0]?.sum);
}
