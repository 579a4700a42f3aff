/**
 * Goal: a month that has ended is indexed for reading alone while usage goes on, and sealing leaves
 * it alone from then on; ended anywhere, that is repeated and done.
 */
import type { ClientBase } from 'pg';
import { closeMonths, closingText } from '../../../src/cli/ledger/close';
import { partitionFindings } from '../../../src/cli/doctor/ledger';
import { readPipelineLag } from '../../../src/db/pipeline-lag';
import { insertUsageEvents } from '../../../src/db/usage-events';
import { drainLedger, sealOnce } from '../../../src/ingest/sealing';
import { aRow } from '../../support/builders/ledger';
import { startOldLedger } from '../../support/ledger/old-ledger';
import type { OldLedger } from '../../support/ledger/old-ledger';

const ROWS = 3_000;

let ledger: OldLedger;
let months: readonly string[];
beforeAll(async () => {
  ledger = await startOldLedger();
  // The first has nothing, as most have that were made by a new installation.
  months = ledger.months.slice(1);
  for (const month of months)
    await ledger.pool.query(
      `insert into usage_events (id, customer, model, input, occurred_at, recorded_at, content_hash)
       select gen_random_uuid(), 'customer-' || n % 30, 'm', 1, at, at, '\\x00'
         from generate_series(1, $2::int) as n
        cross join lateral (select starts + n * interval '10 minutes' as at
                              from usage_partitions where name = $1) as time`,
      [tableOf(month), ROWS],
    );
  await drainLedger(ledger.pool, 'ada');
});
afterAll(() => ledger.stop());

const tableOf = (month: string) => `usage_events_${month.replace('-', '_')}`;

/** Scans of each ended month so far, whole or by an index. */
async function scans(): Promise<string> {
  await ledger.pool.query('select pg_stat_force_next_flush()');
  const { rows } = await ledger.pool.query(
    `select relname, seq_scan, idx_scan from pg_stat_user_tables where relname = any ($1) order by 1`,
    [months.map(tableOf)],
  );
  return JSON.stringify(rows);
}

const indexesOf = async (month: string): Promise<string[]> =>
  (
    await ledger.pool.query<{ of: string }>(
      `select regexp_replace(indexdef, '^.* USING ', '') as of from pg_indexes where tablename = $1
        order by 1`,
      [tableOf(month)],
    )
  ).rows.map(({ of }) => of);

test('usage that is in no batch keeps its month open, and that is told', async () => {
  const [month = ''] = months;
  await ledger.record({
    ...{ customer: 'ada', id: 'late', vendor: null, metadata: null },
    ...{ month, day: 1, behindSeconds: 0, input: 1 },
  });
  const closing = await ledger.owning(closeMonths);
  expect(closing.left).toEqual([{ month, reason: 'it has usage events that are in no batch yet' }]);
  expect(closingText(closing)).toContain(`${month} is not closed: it has usage events`);
  expect(await partitionFindings(ledger.reader, 1)).toMatchObject([
    { what: expect.stringMatching(`not closed: ${month}`) as string },
  ]);
  await drainLedger(ledger.pool, 'ada');
});

test('ended before each of its statements, it is repeated, and done', async () => {
  const [month = ''] = months;
  const dying = (number: number, client: ClientBase): ClientBase => {
    let count = 0;
    return new Proxy(client, {
      get: (target, key) =>
        key === 'query'
          ? (...all: unknown[]) => {
              if (count++ === number) throw new Error('killed');
              return (target.query as (...parameters: unknown[]) => unknown)(...all);
            }
          : (Reflect.get(target, key) as unknown),
    });
  };
  let number = 0;
  const isKilled = (closing: Awaited<ReturnType<typeof closeMonths>>) =>
    closing.left.some(({ reason }) => reason === 'killed');
  for (; ; number += 1) {
    const closing = await ledger
      .owning((client) => closeMonths(dying(number, client)))
      .catch(() => undefined);
    if (closing && !isKilled(closing)) break;
  }
  // What an attempt did stays done, so that each goes on where another was ended.
  expect(number).toBeGreaterThan(3);
  expect(await ledger.stateOf(month)).toBe('closed');
  expect(await ledger.owning(closeMonths)).toEqual({ closed: [], left: [] });
  expect(await indexesOf(month)).toEqual([
    expect.stringMatching(/^btree \(customer, id\)/),
    expect.stringMatching(/^btree \(customer, occurred_at\)/),
  ]);
  expect(await partitionFindings(ledger.reader, 1)).toEqual([]);
});

test('sealing, its lag and new usage look into no closed month', async () => {
  const before = await scans();
  await insertUsageEvents(ledger.reader, [aRow('new'), aRow('newer')]);
  await readPipelineLag(ledger.reader);
  await sealOnce(ledger.reader);
  await drainLedger(ledger.reader, 'ada');
  expect(await scans()).toBe(before);
});

test('a month is proved after it was closed, exported and put back', async () => {
  const [month = ''] = months;
  const proved = await ledger.provedOf('customer-3');
  expect(proved[0]?.events.length).toBe((months.length * ROWS) / 30);
  await ledger.exporting(month);
  await ledger.detaching(month);
  expect(await ledger.provedOf('customer-3')).toEqual(proved);
  await ledger.attaching(month);
  expect(await ledger.stateOf(month)).toBe('closed');
  expect(await ledger.provedOf('customer-3')).toEqual(proved);
});
