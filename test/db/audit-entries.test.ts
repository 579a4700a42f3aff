/**
 * The audit trail: each fact once, and no entry changed, removed or slipped in without being seen.
 */
import fc from 'fast-check';
import type { Pool } from 'pg';
import { appendAuditEntry, readAuditEntries, verifyAuditChain } from '../../src/db/audit-entries';
import { createPool, inTransaction } from '../../src/db/pool';
import { anyText } from '../support/builders/any-text';
import { changeTrail, createTestDatabase } from '../support/stack/database';
import type { TestDatabase } from '../support/stack/database';

let database: TestDatabase;
let pool: Pool;
beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool({ connectionString: database.url });
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

const append = (customer: string, key: string, detail: Record<string, unknown> = {}) =>
  appendAuditEntry(pool, { customer, key, kind: 'usage_reported', detail });

async function chainOf(customer: string) {
  return verifyAuditChain(await readAuditEntries(pool, customer));
}

test('entries are numbered from 1 in the order of writing, each chained to the one before', async () => {
  await append('ann', 'a', { tokens: 1 });
  await append('ann', 'b', { tokens: 2 });
  const entries = await readAuditEntries(pool, 'ann');
  expect(entries.map(({ entryNumber, key }) => [entryNumber, key])).toEqual([
    [1, 'a'],
    [2, 'b'],
  ]);
  expect(entries[1]?.previousHash.equals(entries[0]?.hash ?? Buffer.alloc(0))).toBe(true);
  expect(verifyAuditChain(entries)).toEqual({ intact: true });
});

test('the same fact told again is no second entry', async () => {
  await append('bob', 'a');
  await append('bob', 'a');
  expect(await readAuditEntries(pool, 'bob')).toHaveLength(1);
});

test('forty at once make one unbroken chain', async () => {
  const keys = Array.from({ length: 40 }, (_, index) => `key-${index % 20}`);
  await Promise.all(keys.map((key) => append('carl', key)));
  const entries = await readAuditEntries(pool, 'carl');
  expect(entries.map(({ entryNumber }) => entryNumber)).toEqual(
    Array.from({ length: 20 }, (_, index) => index + 1),
  );
  expect(verifyAuditChain(entries)).toEqual({ intact: true });
});

test('whatever text is told of, the entry is written, and the chain verifies', async () => {
  let number = 0;
  await fc.assert(
    fc.asyncProperty(anyText, async (text) => {
      const key = `text-${(number += 1)}`;
      await append('erin', key, { reason: text, deep: [{ [`key ${text}`]: text }] });
    }),
  );
  const entries = await readAuditEntries(pool, 'erin');
  expect(entries).toHaveLength(number);
  expect(verifyAuditChain(entries)).toEqual({ intact: true });
});

test('details of any shape still verify as they come back from the database', async () => {
  await append('dora', 'a', {
    zebra: 1,
    apple: { 'ö key': [1, { b: null, a: 'ü' }], at: new Date(0), left: undefined },
    tiny: 1e-7,
    huge: Number.MAX_SAFE_INTEGER,
  });
  expect(await chainOf('dora')).toEqual({ intact: true });
});

test('an entry is part of the transaction that it is written in', async () => {
  const failing = inTransaction(pool, async (client) => {
    await appendAuditEntry(client, { customer: 'eve', key: 'a', kind: 'plan_changed', detail: {} });
    throw new Error('after all not');
  });
  await expect(failing).rejects.toThrow('after all not');
  expect(await readAuditEntries(pool, 'eve')).toEqual([]);
});

test('a kind that is not snake_case is refused', async () => {
  const entry = { customer: 'x', key: 'a', kind: 'Plan-Changed', detail: {} };
  await expect(appendAuditEntry(pool, entry)).rejects.toThrow(/expected snake_case/);
});

describe('is seen:', () => {
  test.each([
    [
      'a changed amount',
      `update audit_entries set detail = '{"tokens": 9}' where entry_number = 2`,
      2,
    ],
    [
      'a changed time',
      `update audit_entries set at = at - interval '1 day' where entry_number = 2`,
      2,
    ],
    ['a removed entry', 'delete from audit_entries where entry_number = 2', 2],
    [
      'a removed entry, the rest renumbered',
      `delete from audit_entries where entry_number = 2;
       update audit_entries set entry_number = 2 where entry_number = 3`,
      2,
    ],
    [
      'an entry hashed anew on its own',
      `update audit_entries set detail = '{}', hash = sha256('x') where entry_number = 1`,
      1,
    ],
  ])('%s', async (_case, tampering, entryNumber) => {
    await changeTrail(pool, 'truncate audit_entries');
    for (const tokens of [1, 2, 3]) await append('mallory', `key-${tokens}`, { tokens });
    await changeTrail(pool, tampering);
    expect(await chainOf('mallory')).toMatchObject({ intact: false, entryNumber });
  });
});
