/**
 * Goal: an old invoice whose usage events left the ledger is proved from their archive as it was
 * from the table, and whoever can't read the archive is told. Method: the whole product, and a
 * month of it that is made old by the owner of the tables.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { archiveReader } from '../../../src/cli/ledger/read-archive';
import { checkLedger } from '../../../src/cli/proof/check-ledger';
import { checkInvoice } from '../../../src/cli/proof/invoice-verification';
import { ledgerCheckText } from '../../../src/cli/proof/ledger-check-text';
import type { Statement } from '../../../src/core/invoices/statement';
import { listBillingPeriods } from '../../../src/db/billing-periods';
import { loadCatalog } from '../../../src/stripe/catalog-file';
import { eventually } from '../../support/stack/eventually';
import { startProduct } from '../../support/stack/product';
import type { Product } from '../../support/stack/product';
import { advanceClock } from '../../support/stripe/test-clock';

const EVENTS = 30;
const TOKENS = 5_001;
const YEARS_AGO = `date_trunc('month', now() - interval '2 years', 'UTC')`;

let product: Product;
let deps: Parameters<typeof checkInvoice>[0] & Parameters<typeof checkLedger>[0];
let january: Statement;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'invoice-'));
  product = await startProduct();
  deps = { ...product, catalog: await loadCatalog('catalog.yaml') };
  const { id: testClock } = await product.stripe.testHelpers.testClocks.create({
    frozen_time: Math.floor(Date.now() / 1000),
  });
  const body = { email: 'ada@example.com', plan: 'starter', testClock };
  await product.api.put('/v1/customers/ada', body);
  const [first] = await periods((all) => all.length === 1);
  await product.api.recordUsage(
    'ada',
    Array.from({ length: EVENTS }, (_, at) => ({
      id: `january-${at}`,
      model: 'gpt-4o-mini',
      tokens: { input: TOKENS - 1_000, output: 1_000 },
      second: first.periodStart + at,
    })),
  );
  await advanceClock(product.stripe, testClock, first.periodEnd);
  await periods((all) => all[0]?.phase === 'reconciled');
  await advanceClock(product.stripe, testClock, first.periodEnd + 2 * 3600);
  [january] = await periods((all) => all[0]?.phase === 'paid');
  await makeOld();
}, 180_000);
afterAll(async () => {
  await product.stop();
  await rm(folder, { recursive: true });
});

async function periods(isThere: (all: readonly Statement[]) => boolean) {
  const read = async () =>
    (await listBillingPeriods(product.pool, 'ada', 5)).map((row) => row.statement).reverse();
  return (await eventually(read, isThere, 60_000)) as [Statement, ...Statement[]];
}

/** What was recorded today is of years ago, in the partition of all before there were months. */
async function makeOld(): Promise<void> {
  const { rows } = await product.pool.query<{ ends: string }>(
    `select ends::text as ends from usage_partitions where name = 'usage_events_first'`,
  );
  await product.pool.query(
    `begin;
     alter table usage_events detach partition usage_events_first;
     alter table usage_events_first rename to usage_events_now;
     update usage_events_now set recorded_at = ${YEARS_AGO} - interval '1 day' where id like 'january-%';
     create table usage_events_first (like usage_events_now including all);
     insert into usage_events_first select * from usage_events_now where recorded_at < ${YEARS_AGO};
     delete from usage_events_now where recorded_at < ${YEARS_AGO};
     do $$ begin
       execute format('alter table usage_events attach partition usage_events_first
                         for values from (''-infinity'') to (%L)', ${YEARS_AGO});
       execute format('alter table usage_events attach partition usage_events_now
                         for values from (%L) to (''${rows[0]?.ends}'')', ${YEARS_AGO});
     end $$;
     commit`,
  );
}

/** What it prints, as it is typed: Jest loads nothing that a command loads when it is called. */
async function typed(...words: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, ['bin/tollkeeper.js', ...words], {
    env: { PATH: process.env.PATH, DATABASE_URL: product.ownerUrl },
  });
  return stdout;
}

const invoiceId = () => january.invoice?.id ?? '';

test('an invoice is proved from the archive as it was from the table, by commands as they are typed', async () => {
  const proved = await checkInvoice(deps, invoiceId());
  expect(proved).toMatchObject({ ok: true, billed: { events: EVENTS } });
  expect(await typed('ledger', 'export', '--month', 'first', '--to', folder)).toMatch(
    /usage events +30\n/,
  );
  const inFolder = ['--month', 'first', '--from', folder];
  await typed('ledger', 'detach', ...inFolder, '--yes');
  await typed('ledger', 'drop', ...inFolder, '--yes');
  expect(await checkInvoice(deps, invoiceId(), archiveReader(folder))).toEqual(proved);
}, 300_000);

test('without the archive it is said that there is one, and the comparison goes on without', async () => {
  await expect(checkInvoice(deps, invoiceId())).rejects.toThrow(/are archived \(first\)/);
  const check = await checkLedger(deps, 'ada', 0);
  expect(check.ok).toBe(true);
  expect(ledgerCheckText(check)).toContain('usage events are archived (first), and not compared');
});

test('lists and files of the time tell what they lack', async () => {
  const list = await product.api.get<{ events: unknown[]; archivedMonths: string[] }>(
    '/v1/customers/ada/events',
  );
  expect(list).toMatchObject({ events: [], archivedMonths: ['first'] });
  await expect(product.api.get('/v1/customers/ada/events?format=csv')).rejects.toThrow(
    /usage_archived|archived/,
  );
  const later = `from=${new Date((january.periodEnd + 1) * 1000).toISOString()}`;
  expect(await product.api.get(`/v1/customers/ada/events?${later}`)).toMatchObject({
    archivedMonths: [],
  });
});

test('an archive in which anything was changed proves nothing', async () => {
  const path = join(folder, 'usage_events_first.csv.gz');
  const bytes = await readFile(path);
  await writeFile(path, bytes.with(-20, (bytes.at(-20) ?? 0) ^ 1));
  await expect(checkInvoice(deps, invoiceId(), archiveReader(folder))).rejects.toThrow(
    'is damaged',
  );
  await writeFile(path, bytes);
  await typed('ledger', 'attach', '--month', 'first', '--from', folder);
  expect(await checkInvoice(deps, invoiceId())).toMatchObject({
    ok: true,
    billed: { events: EVENTS },
  });
}, 120_000);
