/** The books of vendors: each fact once, each told in the trail, and no debt taken twice. */
import type { Pool } from 'pg';
import { offsetToBook, positionsOf } from '../../src/core/vendors/payout-position';
import { earningsToBook, movementsToBook } from '../../src/core/vendors/vendor-books';
import type { Sale, VendorEntry } from '../../src/core/vendors/vendor-books';
import { readAuditEntries, verifyAuditChain } from '../../src/db/audit-entries';
import { createPool } from '../../src/db/pool';
import {
  bookEntries,
  readBooks,
  readBooksOfCharge,
  readEntriesByCharge,
  readMovementPage,
} from '../../src/db/vendor-entries';
import type { NumberedEntry, PeriodRange } from '../../src/db/vendor-entries';
import { FEBRUARY, JANUARY, MARCH } from '../support/builders/builders';
import { changeTrail, createTestDatabase } from '../support/stack/database';
import type { TestDatabase } from '../support/stack/database';
import { aSale } from '../support/vendors/payouts';

let database: TestDatabase;
let pool: Pool;
beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool({ connectionString: database.url, max: 20 });
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});
beforeEach(() => changeTrail(pool, 'truncate vendor_entries, audit_entries'));

const bookSale = (sale: Sale, vendor = 'acme') =>
  bookEntries(pool, { vendor, chargeId: sale.charge.chargeId }, (booked) =>
    earningsToBook(booked, vendor, sale),
  );
const bookTransfer = (chargeId: string, amountCents = 4_250) =>
  bookEntries(pool, { vendor: 'acme', chargeId }, (booked) =>
    movementsToBook(booked, [
      { id: `tr_${chargeId}`, vendor: 'acme', chargeId, amountCents, reversals: [] },
    ]),
  );
const offsetOf = (debtChargeId: string, chargeId: string) =>
  bookEntries(pool, { vendor: 'acme', chargeId }, (booked) =>
    offsetToBook(booked, { debtChargeId, chargeId }),
  );
const EVER = { from: null, to: null };
async function readAllByCharge(range: PeriodRange): Promise<NumberedEntry[]> {
  const all: NumberedEntry[] = [];
  await readEntriesByCharge(pool, 'acme', range, (entries) => all.push(...entries));
  return all;
}
const kinds = (entries: readonly VendorEntry[]) =>
  entries.map(({ chargeId, kind }) => `${chargeId} ${kind}`);

test('what was booked is read as it was decided', async () => {
  const decided = await bookSale(aSale({ refundedCents: 2_000 }));
  expect(decided).toHaveLength(2);
  expect(await readBooks(pool, 'acme', 'ch_1')).toEqual(decided);
});

test('the same fact decided again is no second entry', async () => {
  const [share] = earningsToBook([], 'acme', aSale());
  const again = () => bookEntries(pool, { vendor: 'acme', chargeId: 'ch_1' }, () => [share!]);
  await again();
  await again();
  expect(await readBooks(pool, 'acme')).toEqual([share]);
  expect(await readAuditEntries(pool, 'ada')).toHaveLength(1);
});

test('each entry is told in the trail of the customer who paid', async () => {
  await bookSale(aSale());
  await bookTransfer('ch_1');
  const trail = await readAuditEntries(pool, 'ada');
  expect(trail.map(({ kind, key }) => [kind, key])).toEqual([
    ['vendor_entry', 'vendor:acme:ch_1:share'],
    ['vendor_entry', 'tr_ch_1'],
  ]);
  expect(trail[0]?.detail).toMatchObject({ kind: 'share', earnedCents: 4_250, feeCents: 750 });
  expect(verifyAuditChain(trail)).toEqual({ intact: true });
});

test('when deciding fails, nothing is booked and nothing told', async () => {
  const broken = bookEntries(pool, { vendor: 'acme', chargeId: 'ch_1' }, () => {
    throw new Error('after all not');
  });
  await expect(broken).rejects.toThrow('after all not');
  expect(await readBooks(pool, 'acme')).toEqual([]);
});

test('the books are of the charge, and of every charge of the vendor where anything is owed', async () => {
  for (const chargeId of ['paid', 'owed', 'asked']) await bookSale(aSale({ chargeId }));
  await bookSale(aSale({ chargeId: 'other' }, { vendor: 'globex' }), 'globex');
  await bookTransfer('paid');
  await bookTransfer('asked');
  expect(kinds(await readBooks(pool, 'acme'))).toEqual(['owed share']);
  expect(kinds(await readBooks(pool, 'acme', 'asked'))).toEqual([
    'owed share',
    'asked share',
    'asked transfer',
  ]);
});

test('of a charge all vendors are found', async () => {
  await bookSale(aSale());
  await bookSale(aSale({}, { vendor: 'globex' }), 'globex');
  const entries = await readBooksOfCharge(pool, 'ch_1');
  expect(entries.map(({ vendor }) => vendor)).toEqual(['acme', 'globex']);
});

test('a statement has what was sold from one day on and before another', async () => {
  const periods = { a: JANUARY, b: FEBRUARY, c: MARCH };
  for (const [chargeId, periodStart] of Object.entries(periods))
    await bookSale(aSale({ chargeId }, { periodStart }));
  const between = await readAllByCharge({ from: FEBRUARY, to: MARCH });
  expect(kinds(between)).toEqual(['b share']);
  expect(await readAllByCharge(EVER)).toHaveLength(3);
});

test('a statement has the entries of a charge one after another, as they were booked', async () => {
  for (const chargeId of ['b', 'a']) await bookSale(aSale({ chargeId }));
  for (const chargeId of ['b', 'a']) await bookTransfer(chargeId);
  expect(kinds(await readAllByCharge(EVER))).toEqual([
    ...['a share', 'a transfer', 'b share', 'b transfer'],
  ]);
});

test('more entries than a page are all read, each once', async () => {
  const share = earningsToBook([], 'acme', aSale())[0]!;
  const many = Array.from({ length: 2_000 }, (_, at) => ({ ...share, key: `k${at}` }));
  await bookEntries(pool, { vendor: 'acme', chargeId: 'ch_1' }, () => many);
  const all = await readAllByCharge(EVER);
  expect(all.map(({ key }) => key)).toEqual(many.map(({ key }) => key));
});

test('transfers and reversals are read by the order of booking, either way', async () => {
  for (const chargeId of ['b', 'a', 'c']) await bookSale(aSale({ chargeId }));
  for (const chargeId of ['b', 'a', 'c']) await bookTransfer(chargeId);
  const page = { isLatestFirst: true, limit: 2 };
  const latest = await readMovementPage(pool, 'acme', EVER, page);
  expect(kinds(latest)).toEqual(['c transfer', 'a transfer']);
  const before = { ...page, before: latest.at(-1)?.entryNumber };
  expect(kinds(await readMovementPage(pool, 'acme', EVER, before))).toEqual(['b transfer']);
  const first = { isLatestFirst: false, after: 0, limit: 1 };
  expect(kinds(await readMovementPage(pool, 'acme', EVER, first))).toEqual(['b transfer']);
  const reversals = { ...first, kind: 'reversal' } as const;
  expect(await readMovementPage(pool, 'acme', EVER, reversals)).toEqual([]);
});

test('twenty at once who book one sale book it once', async () => {
  await Promise.all(Array.from({ length: 20 }, () => bookSale(aSale({ refundedCents: 500 }))));
  expect(kinds(await readBooks(pool, 'acme', 'ch_1'))).toEqual(['ch_1 share', 'ch_1 money_back']);
});

test('of twenty payouts at once a debt is taken from one, and no cent of it twice', async () => {
  const customers = ['ada', 'bob', 'cleo'];
  const payouts = Array.from({ length: 20 }, (_, at) => `ch_${at}`);
  await bookSale(aSale({ chargeId: 'debt' }));
  await bookTransfer('debt');
  await bookSale(aSale({ chargeId: 'debt', refundedCents: 5_000 }));
  for (const [at, chargeId] of payouts.entries())
    await bookSale({ ...aSale({ chargeId }), customer: customers[at % 3] ?? 'ada' });
  await Promise.all(payouts.map((chargeId) => offsetOf('debt', chargeId)));
  const positions = positionsOf(await readAllByCharge(EVER));
  expect(positions.filter(({ owedCents }) => owedCents === 0)).toHaveLength(2);
  expect(positions.find(({ chargeId }) => chargeId === 'debt')?.owedCents).toBe(0);
  expect(positions.reduce((sum, { owedCents }) => sum + owedCents, 0)).toBe(19 * 4_250);
});
