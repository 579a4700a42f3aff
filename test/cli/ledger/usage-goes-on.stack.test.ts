/**
 * Goal: months are closed, exported, detached, dropped and put back while usage is recorded and
 * sealed, and commands die at every step: each acknowledged event is there once in the end, in the
 * ledger or in an archive, and none was refused. Method: several group commits, random usage.
 */
import type { ClientBase } from 'pg';
import { attachMonth } from '../../../src/cli/ledger/attach';
import { closeMonths } from '../../../src/cli/ledger/close';
import { detachMonth, dropMonth } from '../../../src/cli/ledger/detach';
import { exportMonth } from '../../../src/cli/ledger/export';
import { openArchive } from '../../../src/cli/ledger/read-archive';
import { keyText } from '../../../src/db/usage-events';
import { readDailyUsage } from '../../../src/db/usage-reports';
import { drainLedger } from '../../../src/ingest/sealing';
import { chance } from '../../life/chance';
import { aRow } from '../../support/builders/ledger';
import { dyingAt, runUntil } from '../../support/ledger/dying';
import type { Death } from '../../support/ledger/dying';
import { CUSTOMERS, startUsage } from '../../support/ledger/going-usage';
import type { GoingUsage } from '../../support/ledger/going-usage';
import { startOldLedger, yes } from '../../support/ledger/old-ledger';
import type { OldLedger } from '../../support/ledger/old-ledger';
import { eventually } from '../../support/stack/eventually';

const SEED = 7;
const ROWS_OF_MONTH = 150;

let ledger: OldLedger;
let usage: GoingUsage;
/** What each customer had before any usage of the test, which goes by other names. */
const before = new Map<string, number>();
beforeEach(async () => {
  ledger = await startOldLedger();
  before.clear();
  for (const month of ledger.months.slice(1)) await fill(month);
  await drainLedger(ledger.pool, 'ada');
  // The last month's ids are looked up still.
  const last = ledger.months.at(-1) ?? '';
  const { rows } = await ledger.pool.query<{ customer: string; id: string }>(
    `select customer, id from ${tableOf(last)}`,
  );
  const known = rows.map(({ customer, id }) => aRow(id, { customer, contentHash: '0a' }));
  usage = startUsage(ledger.readerUrl, SEED, known);
});
afterEach(async () => {
  await usage.stop();
  await ledger.stop();
});

const tableOf = (month: string) => `usage_events_${month.replace('-', '_')}`;

async function fill(month: string): Promise<void> {
  const { rows } = await ledger.pool.query<{ customer: string; id: string }>(
    `insert into usage_events (customer, id, model, input, occurred_at, recorded_at, content_hash)
     select ($2::text[])[1 + n % 5], gen_random_uuid()::text, 'm', 3, at, at, '\\x0a'
       from generate_series(1, $3::int) as n
      cross join lateral (select starts + n * interval '1 hour' as at
                            from usage_partitions where name = $1) as time
     returning customer, id`,
    [tableOf(month), CUSTOMERS, ROWS_OF_MONTH],
  );
  for (const row of rows) before.set(keyText(row), 3);
}

/** Each event of ledger and archives: its tokens, by its key. Throws if one is there twice. */
async function everything(): Promise<Map<string, number>> {
  const found = new Map<string, number>();
  const add = (customer: string, id: string, input: string): void => {
    const key = keyText({ customer, id });
    if (found.has(key)) throw new Error(`${key} is there twice`);
    found.set(key, Number(input));
  };
  const { rows } = await ledger.pool.query<[string, string, string]>({
    text: 'select customer, id, input::text from usage_events',
    rowMode: 'array',
  });
  for (const [customer, id, input] of rows) add(customer, id, input);
  const { rows: archives } = await ledger.pool.query<{ name: string; sha256: string }>(
    'select name, manifest_sha256 as sha256 from usage_archives',
  );
  for (const { name, sha256 } of archives) {
    const archive = await openArchive(ledger.folder, name, sha256);
    const at = (column: string) => archive.manifest.columns.findIndex((one) => one.name === column);
    for await (const page of archive.rows())
      for (const row of page)
        add(row[at('customer')] ?? '', row[at('id')] ?? '', row[at('input')] ?? '');
  }
  return found;
}

const total = (tokens: Iterable<number>): number => [...tokens].reduce((sum, one) => sum + one, 0);

/** Usage ends, and all of it is where it has to be. */
async function expectAllThere(): Promise<void> {
  await usage.more(20);
  await usage.stop();
  await drainLedger(ledger.reader, 'ada');
  expect(usage.faults).toEqual([]);
  const expected = new Map(before);
  for (const [key, { input }] of usage.acknowledged) expected.set(key, input);
  expect(usage.acknowledged.size).toBeGreaterThan(500);
  expect(new Map([...(await everything())].sort())).toEqual(new Map([...expected].sort()));
  const { rows } = await ledger.pool.query<{ customer: string; tokens: number }>(
    `select customer, sum(tokens)::float8 as tokens from usage_batches group by 1`,
  );
  expect(total(rows.map(({ tokens }) => tokens))).toBe(total(expected.values()));
  const end = Math.floor(Date.now() / 1000) + 86_400;
  for (const { customer, tokens } of rows) {
    const days = await readDailyUsage(ledger.reader, customer, 0, end);
    expect([customer, total(days.map((day) => day.tokens))]).toEqual([customer, tokens]);
  }
}

test('usage goes on through everything that becomes of old months', async () => {
  const [, oldest = '', next = '', third = ''] = ledger.months;
  await usage.more(10);
  for (let round = 0; round < 3; round += 1) {
    // The last month is closed while usage that occurred in it comes in, and its ids come again.
    expect((await ledger.owning(closeMonths)).left).toEqual([]);
    await usage.more(5);
    for (const month of [oldest, next, third]) {
      await ledger.exporting(month);
      await ledger.detaching(month);
      await usage.more(3);
      if (month !== next) await ledger.dropping(month);
    }
    await usage.more(5);
    for (const month of round === 2 ? [oldest] : [third, next, oldest])
      await ledger.attaching(month);
    await usage.more(5);
  }
  expect(await ledger.stateOf(oldest)).toBe('ended');
  expect(await ledger.stateOf(next)).toBe('detached');
  expect(await ledger.stateOf(third)).toBe('archived');
  await expectAllThere();
}, 240_000);

/** The commands of a month in their order, and what has to be true once one is done. */
const steps = (month: string) => {
  const place = { month, from: ledger.folder };
  return [
    { of: (client: ClientBase) => closeMonths(client), state: 'closed' },
    { of: (client: ClientBase) => exportMonth(client, month, place.from, 4_000), state: 'closed' },
    { of: (client: ClientBase) => detachMonth(client, place, yes), state: 'detached' },
    { of: (client: ClientBase) => dropMonth(client, place, yes), state: 'archived' },
    { of: (client: ClientBase) => attachMonth(client, place), state: 'ended' },
  ] as const;
};

/** Again while the one that died holds its lock: Postgres ends its statement first. */
const again = <T>(work: (client: ClientBase) => Promise<T>): Promise<T> =>
  eventually(
    () => ledger.owning(work),
    () => true,
  );

const stateOf = (month: string) =>
  eventually(
    () => ledger.stateOf(month),
    () => true,
  );

test.each<Death>(['before', 'after'])(
  'a command that dies %s any of its statements is repeated, and usage goes on',
  async (death) => {
    const [, month = ''] = ledger.months;
    let deaths = 0;
    for (const { of, state } of steps(month)) {
      for (let number = 0; ; number += 1) {
        const outcome = await again((client) =>
          of(dyingAt(number, death, client)).then(
            (done) => ('left' in done ? done.left.map(({ reason }) => reason).join() : 'done'),
            (error: Error) => error.message,
          ),
        );
        if (!outcome.includes('killed')) break;
        deaths += 1;
        await usage.more(1);
      }
      expect(await stateOf(month)).toBe(state);
    }
    expect(deaths).toBeGreaterThan(30);
    await expectAllThere();
  },
  240_000,
);

test('a process that is killed anywhere is repeated, and usage goes on', async () => {
  const [, month = ''] = ledger.months;
  const random = chance(SEED);
  const from = ['--month', month, '--from', ledger.folder];
  let deaths = 0;
  for (const [words, state] of [
    [['close'], 'closed'],
    [['export', '--month', month, '--to', ledger.folder], 'exported'],
    [['detach', ...from, '--yes'], 'detached'],
    [['drop', ...from, '--yes'], 'archived'],
    [['attach', ...from], 'ended'],
  ] as const) {
    // What connecting takes are messages, too.
    const code = await runUntil(ledger.ownerUrl, words, 4 + Math.floor(random() * 20));
    if (code === null) deaths += 1;
    await usage.more(1);
    // Where nothing was left to do the next one says so, and fails.
    const isDone = async (): Promise<boolean> =>
      (await runUntil(ledger.ownerUrl, words, Infinity)) === 0 || (await stateOf(month)) === state;
    if (code !== 0) await eventually(isDone, Boolean, 60_000);
  }
  expect(deaths).toBeGreaterThan(1);
  expect(await stateOf(month)).toBe('ended');
  await expectAllThere();
}, 240_000);
