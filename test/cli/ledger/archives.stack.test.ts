/**
 * Goal: a month leaves the ledger for an archive and nothing is lost by it: what was proved before
 * is proved after, to the bit, and whoever reads less than there was is told. Method: random
 * months with odd texts, and a crash before each statement.
 */
import { mkdtemp, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import type { ClientBase } from 'pg';
import { attachMonth } from '../../../src/cli/ledger/attach';
import { detachMonth } from '../../../src/cli/ledger/detach';
import { exportMonth } from '../../../src/cli/ledger/export';
import { inLedgerSnapshot, proveBatches } from '../../../src/db/ledger-proof';
import { eventsWithArchived } from '../../../src/db/partitions/archived-events';
import { archivesOf } from '../../../src/db/partitions/usage-archives';
import { scanLedger } from '../../../src/db/usage-reports';
import { drainLedger } from '../../../src/ingest/sealing';
import { eventually } from '../../support/stack/eventually';
import { startOldLedger, yes } from '../../support/ledger/old-ledger';
import type { OldLedger } from '../../support/ledger/old-ledger';

let ledger: OldLedger;
/** All before there were months, and a month. */
let first = '';
let month = '';
beforeAll(async () => {
  ledger = await startOldLedger();
  [first = '', month = ''] = ledger.months;
});
afterAll(() => ledger.stop());

const CUSTOMERS = ['ada', 'Zoë', 'ärger', 'with "quotes", and a comma', '𝒟', 'e\u0301'];

const provedOfAll = () => Promise.all(CUSTOMERS.map((one) => ledger.provedOf(one)));

const uses = fc.array(
  fc.record({
    customer: fc.constantFrom(...CUSTOMERS),
    id: fc.uuid(),
    monthAt: fc.constantFrom(0, 1, 2),
    day: fc.integer({ min: 0, max: 26 }),
    // It may have occurred in the month before.
    behindSeconds: fc.oneof(
      fc.integer({ min: 0, max: 200 }),
      fc.integer({ min: 0, max: 35 * 86_400 }),
    ),
    input: fc.integer({ min: 0, max: 9_000 }),
    vendor: fc.constantFrom(null, 'acme'),
    metadata: fc.option(
      fc
        .string({ unit: fc.constantFrom('"', ',', '\n', '\r', '\\', 'é', '💶') })
        .map((text) => JSON.stringify({ text })),
    ),
  }),
  { minLength: 12, maxLength: 40 },
);

test('what was proved in the ledger is proved from archives, and again once it is back', async () => {
  await fc.assert(
    fc.asyncProperty(uses, async (all) => {
      const months = ledger.months.slice(0, 3);
      for (const { monthAt, ...use } of all)
        await ledger.record({ ...use, month: months[monthAt] ?? '' });
      await drainLedger(ledger.pool, 'ada');
      const proved = await provedOfAll();
      expect(proved.flat().map(({ proof }) => proof.faultCount)).toEqual(
        proved.flat().map(() => 0),
      );
      for (const one of months) await ledger.exporting(one);
      for (const one of [month, first]) await ledger.detaching(one);
      expect(await provedOfAll()).toEqual(proved);
      await ledger.dropping(month);
      expect(await provedOfAll()).toEqual(proved);
      for (const one of [first, month]) await ledger.attaching(one);
      expect(await ledger.pool.query('select from usage_archives')).toMatchObject({ rowCount: 0 });
      expect(await provedOfAll()).toEqual(proved);
    }),
    { numRuns: 5 },
  );
});

test('while a month is archived, whoever would read too little is told', async () => {
  await ledger.exporting(month);
  await ledger.detaching(month);
  const span = { start: 0, end: Math.floor(Date.now() / 1000) };
  const proof = await inLedgerSnapshot(ledger.reader, (client) =>
    proveBatches(client, 'ada', span),
  );
  expect(proof).toMatchObject({ archivedMonths: [month], faultCount: 0 });
  await expect(scanLedger(ledger.reader, 'ada', span.start, span.end)).rejects.toThrow(
    'are archived',
  );
  await expect(
    inLedgerSnapshot(ledger.reader, (client) => eventsWithArchived(client, 'ada', span, undefined)),
  ).rejects.toThrow(`are archived (${month})`);
  expect(await ledger.stateOf(month)).toBe('detached');
  await ledger.attaching(month);
  expect(await ledger.stateOf(month)).toBe('ended');
});

/** A connection that ends before its statement of that number. */
const endingAt = (number: number, client: ClientBase): ClientBase => {
  let count = 0;
  return new Proxy(client, {
    get: (target, key) =>
      key === 'query'
        ? (...parameters: unknown[]) => {
            if (count++ === number) throw new Error('killed');
            return (target.query as (...all: unknown[]) => unknown)(...parameters);
          }
        : (Reflect.get(target, key) as unknown),
  });
};

/** Either all rows are there, or it is said that they are not. */
async function expectNothingHidden(rowsBefore: number): Promise<void> {
  const rows = await countRows();
  const archives = await archivesOf(ledger.reader, 'ada', { start: null, end: null });
  if (archives.length === 0) expect(rows).toBe(rowsBefore);
}

/** Ended before each of its statements, and then repeated; how many statements it has. */
async function dyingEverywhere(
  rowsBefore: number,
  proved: Awaited<ReturnType<OldLedger['provedOf']>>,
  work: (client: ClientBase) => Promise<unknown>,
  undo: () => Promise<unknown>,
): Promise<number> {
  for (let number = 0; ; number += 1) {
    const outcome = await ledger
      .owning((client) => work(endingAt(number, client)))
      .catch((error: Error) => error.message);
    await expectNothingHidden(rowsBefore);
    expect(await ledger.provedOf('ada')).toEqual(proved);
    if (outcome !== 'killed') return number;
    await ledger.owning(work);
    await expectNothingHidden(rowsBefore);
    await undo();
  }
}

const countRows = async (): Promise<number> =>
  (await ledger.reader.query(`select from usage_events where customer = 'ada'`)).rowCount ?? 0;

test('a detachment that dies before any of its statements is repeated, and done', async () => {
  const [proved, rows] = [await ledger.provedOf('ada'), await countRows()];
  await ledger.exporting(month);
  const detach = (client: ClientBase) => detachMonth(client, { month, from: ledger.folder }, yes);
  const count = await dyingEverywhere(rows, proved, detach, () => ledger.attaching(month));
  expect(count).toBeGreaterThan(10);
  expect(await ledger.provedOf('ada')).toEqual(proved);
  await ledger.attaching(month);
});

test('a month that is put back and dies before any statement is repeated, and whole', async () => {
  const [proved, rows] = [await ledger.provedOf('ada'), await countRows()];
  await ledger.exporting(month);
  const away = async () => {
    await ledger.detaching(month);
    await ledger.dropping(month);
  };
  await away();
  const attach = (client: ClientBase) => attachMonth(client, { month, from: ledger.folder });
  await dyingEverywhere(rows, proved, attach, away);
  expect(await ledger.provedOf('ada')).toEqual(proved);
});

test('a detachment that is killed while it waits for a reader is ended by the next', async () => {
  const proved = await ledger.provedOf('ada');
  await ledger.exporting(month);
  const slow = await ledger.reader.connect();
  await slow.query('begin isolation level repeatable read');
  const { rows: seen } = await slow.query(`select count(*) from usage_events`);
  const killed = expect(ledger.detaching(month)).rejects.toThrow(/terminat/);
  await eventually(
    async () =>
      (
        await ledger.pool.query(
          `select pg_terminate_backend(pid) from pg_stat_activity
            where query like 'alter table usage_events detach%' and wait_event_type = 'Lock'
              and datname = current_database()`,
        )
      ).rowCount,
    (count) => count === 1,
  );
  await killed;
  // Whoever began before sees all of it to the end.
  expect((await slow.query(`select count(*) from usage_events`)).rows).toEqual(seen);
  await slow.query('commit');
  slow.release();
  expect(await ledger.stateOf(month)).toBe('detaching');
  expect(await archivesOf(ledger.reader, 'ada', { start: null, end: null })).toHaveLength(1);
  await ledger.detaching(month);
  expect(await ledger.stateOf(month)).toBe('detached');
  expect(await ledger.provedOf('ada')).toEqual(proved);
  await ledger.attaching(month);
});

test('an export that is killed leaves no archive, and the next one is whole', async () => {
  const own = await mkdtemp(join(ledger.folder, 'killed-'));
  const exportTo = (client: ClientBase) => exportMonth(client, month, own, 400);
  await expect(ledger.owning((client) => exportTo(endingAt(5, client)))).rejects.toThrow('killed');
  expect(await readdir(own)).toEqual([`usage_events_${month.replace('-', '_')}.csv.gz.part`]);
  const from = { month: month, from: own };
  await expect(ledger.owning((client) => detachMonth(client, from, yes))).rejects.toThrow(
    'There is no archive',
  );
  expect(await ledger.owning(exportTo)).toMatchObject({ chunks: expect.any(Array) });
  await ledger.owning((client) => detachMonth(client, from, yes));
  await ledger.attaching(month);
});
