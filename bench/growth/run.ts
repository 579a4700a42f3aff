/**
 * `npm run bench:growth`: bytes that a row takes, indexes included, of the tables that grow with
 * usage. The rows are written by what writes them in production.
 */
import { randomUUID } from 'node:crypto';
import { parseArgs } from 'node:util';
import Table from 'cli-table3';
import type { Pool } from 'pg';
import { appendAuditEntry } from '../../src/db/audit-entries';
import { createPool } from '../../src/db/pool';
import { insertUsageEvents } from '../../src/db/usage-events';
import type { LedgerRow } from '../../src/db/usage-events';
import { drainLedger } from '../../src/ingest/sealing';
import { onOwnPostgres } from '../command/own-postgres';
import type { OwnPostgres } from '../command/own-postgres';
import { numbers } from '../command/run-report';
import { readable } from '../figures';

const CUSTOMERS = 100;
const MODELS = ['gpt-4o', 'gpt-4o-mini', 'claude-sonnet-4-5', 'claude-haiku-4-5'];
const DAY_SECONDS = 86_400;

const { values } = parseArgs({ options: { passes: { type: 'string', default: '300' } } });

interface Size {
  readonly table: string;
  readonly what: string;
  readonly rows: number;
  readonly bytes: number;
}

const TABLES = ['usage_events_first', 'usage_batches', 'usage_daily', 'audit_entries'];

/** Each customer has so many calls in each pass of sealing. */
async function record(pool: Pool, passes: number, calls: number): Promise<void> {
  const start = Date.now() - 30 * DAY_SECONDS * 1_000;
  for (let pass = 0; pass < passes; pass += 1) {
    const second = Math.floor((pass * 30 * DAY_SECONDS) / passes);
    const rows = Array.from({ length: CUSTOMERS * calls }, (_, at): LedgerRow => ({
      ...{ id: `chatcmpl-${randomUUID()}`, customer: `customer-${at % CUSTOMERS}` },
      ...{ model: MODELS[Math.floor(at / CUSTOMERS) % MODELS.length] as string, vendor: null },
      tokens: { input: 900 + pass, output: 250, cacheRead: 0, cacheWrite: 0, reasoning: 0 },
      occurredAt: new Date(start + second * 1_000).toISOString(),
      ...{ metadata: null, contentHash: randomUUID().replaceAll('-', '').repeat(2) },
    }));
    await insertUsageEvents(pool, rows);
    await drainLedger(pool, 'customer-0');
  }
}

/** As activities/meters.ts does it. */
async function report(pool: Pool, reports: number): Promise<void> {
  const start = Math.floor(Date.now() / 1000) - 30 * DAY_SECONDS;
  const period = { start, end: start + 30 * DAY_SECONDS };
  for (let number = 0; number < reports; number += 1)
    await Promise.all(
      Array.from({ length: CUSTOMERS }, (_, at) => {
        const identifier = `customer-${at}:${start}:overage:${number}`;
        const detail = { rateId: 'overage', tokens: 1_150, timestamp: start + number * 60 };
        return appendAuditEntry(pool, {
          ...{ customer: `customer-${at}`, key: identifier, kind: 'usage_reported' },
          detail: { ...detail, period, identifier, outcome: 'sent' },
        });
      }),
    );
}

async function sizes(pool: Pool, what: string): Promise<Size[]> {
  const all: Size[] = [];
  for (const table of TABLES) {
    await pool.query(`vacuum ${table}`);
    const { rows } = await pool.query<{ rows: number; bytes: number }>(
      `select count(*)::float8 as rows, pg_total_relation_size($1)::float8 as bytes from ${table}`,
      [table],
    );
    all.push({ table, what, rows: rows[0]?.rows ?? 0, bytes: rows[0]?.bytes ?? 0 });
  }
  return all.filter(({ rows }) => rows > 0);
}

async function measure({ createLedger }: OwnPostgres): Promise<Size[]> {
  const passes = numbers('passes', values.passes)[0] ?? 0;
  const measured: Size[] = [];
  for (const calls of [1, 20]) {
    const pool = createPool({ connectionString: await createLedger(`growth_${calls}`) });
    await record(pool, passes, calls);
    if (calls === 1) await report(pool, passes);
    measured.push(...(await sizes(pool, `${calls} of a customer's calls in each pass`)));
    await pool.end();
  }
  return measured;
}

function table(measured: readonly Size[]): string {
  const shown = new Table({
    head: ['table', 'where there are', 'rows', 'bytes a row'],
    style: { head: [], border: [] },
  });
  for (const { table: name, what, rows, bytes } of measured)
    shown.push([name, what, readable(rows), Math.round(bytes / rows)]);
  return shown.toString();
}

void onOwnPostgres('growth', async (postgres) => console.log(table(await measure(postgres))));
