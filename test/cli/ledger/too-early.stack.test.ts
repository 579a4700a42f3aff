/**
 * Goal: a month stays in the ledger while anything needs it, and an archive that is not all of it,
 * or is not what it was, is refused with the reason.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { detachMonth } from '../../../src/cli/ledger/detach';
import { drainLedger } from '../../../src/ingest/sealing';
import { startOldLedger } from '../../support/ledger/old-ledger';
import type { OldLedger } from '../../support/ledger/old-ledger';

let ledger: OldLedger;
let month = '';
beforeAll(async () => {
  ledger = await startOldLedger();
  month = ledger.months[1] ?? '';
});
afterAll(() => ledger.stop());

describe('what is too early, or not what it was, is refused', () => {
  const reason = async (which = month) =>
    ledger.detaching(which).then(
      () => 'done',
      (error: Error) => error.message,
    );

  test('a month whose ids are still looked up', async () => {
    const latest = ledger.months.at(-1) ?? '';
    await ledger.exporting(latest);
    expect(await reason(latest)).toMatch(/ids of usage events are looked up back to/);
  });

  test('a month that takes usage is not even exported', async () => {
    const now = new Date().toISOString().slice(0, 7);
    await expect(ledger.exporting(now)).rejects.toThrow(
      "can't be exported yet: it takes usage until",
    );
  });

  test('a month with usage that is in no batch', async () => {
    await ledger.exporting(month);
    await ledger.record({
      ...{ customer: 'ada', id: 'unsealed', vendor: null, metadata: null },
      ...{ month, day: 1, behindSeconds: 0, input: 1 },
    });
    await expect(ledger.exporting(month)).rejects.toThrow('in no batch yet');
    expect(await reason()).toMatch(/in no batch yet/);
    await drainLedger(ledger.pool, 'ada');
    expect(await reason()).toMatch(/rows is \d+ in the archive and \d+ in the ledger/);
  });

  test('a month with a period that is not settled, or with usage that is set aside', async () => {
    await ledger.exporting(month);
    await ledger.pool.query(
      `insert into billing_periods (customer, period_start, period_end, plan, terms, status, statement)
       values ('ada', now() - interval '1 year', now(), 'p', '{}', 'invoicing', '{}')`,
    );
    await ledger.pool.query(
      `insert into usage_quarantine (id, customer, reason) values ('unsealed', 'ada', 'r')`,
    );
    expect(await reason()).toMatch(
      /unsealed of ada is quarantined; the period of .* is not settled yet/,
    );
    await ledger.pool.query(
      `update billing_periods set archived_at = now(); delete from usage_quarantine`,
    );
  });

  test('a month that somebody writes to', async () => {
    const writer = await ledger.pool.connect();
    await writer.query(`begin; update usage_events set model = 'm' where id = 'unsealed'`);
    expect(await reason()).toMatch(/a transaction writes to it/);
    await writer.query('rollback');
    writer.release();
  });

  test('an archive with another token, byte or manifest', async () => {
    await ledger.exporting(month);
    await ledger.pool.query(`update usage_events set input = input + 1 where id = 'unsealed'`);
    expect(await reason()).toMatch(/input is (\d+) in the archive and \d+ in the ledger/);
    await ledger.pool.query(`update usage_events set input = input - 1 where id = 'unsealed'`);
    const path = join(ledger.folder, `usage_events_${month.replace('-', '_')}.csv.gz`);
    const bytes = await readFile(path);
    await writeFile(path, bytes.with(bytes.length - 5, (bytes.at(-5) ?? 0) ^ 1));
    expect(await reason()).toMatch(/has the SHA-256 .*: expected/);
    await writeFile(path, bytes);
    await ledger.detaching(month);
    await expect(ledger.exporting(month)).rejects.toThrow('it has an archive, which is noted');
    await ledger.dropping(month);
    await writeFile(path, bytes.with(bytes.length - 5, (bytes.at(-5) ?? 0) ^ 1));
    await expect(ledger.attaching(month)).rejects.toThrow('is damaged or was changed');
    await writeFile(path, bytes);
    const manifest = path.replace('.csv.gz', '.manifest.json');
    const text = await readFile(manifest, 'utf8');
    await writeFile(manifest, text.replace('"rows"', ' "rows"'));
    await expect(ledger.attaching(month)).rejects.toThrow('is not the archive that was made');
    await writeFile(manifest, text);
    await ledger.attaching(month);
  });

  test('a table is dropped for the archive that was noted, and for no other of its rows', async () => {
    const other = join(ledger.folder, 'other');
    await ledger.exporting(month, other);
    await ledger.exporting(month);
    await ledger.detaching(month);
    await expect(ledger.dropping(month, other)).rejects.toThrow('is not the archive that was made');
    await ledger.dropping(month);
    await ledger.attaching(month);
  });

  test('a part of the ledger is not dropped, and nothing is done without a yes', async () => {
    await ledger.exporting(month);
    await expect(ledger.dropping(month)).rejects.toThrow('detach it before');
    expect(
      await ledger.owning((client) =>
        detachMonth(client, { month, from: ledger.folder }, async () => false),
      ),
    ).toMatchObject({ done: false });
    expect(await ledger.stateOf(month)).toBe('ended');
    await expect(ledger.attaching(month)).rejects.toThrow('is not archived');
  });
});
