/** Goal: a file that can't be applied is refused, with every fault at its place. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { planFileText, readImportFile } from '../../../src/cli/imports/plan-file';
import type { ImportEntry } from '../../../src/core/adoption/import-plan';

const ENTRY: ImportEntry = {
  ...{ subscription: 'sub_1', stripeCustomer: 'cus_1', customer: 'ada', plan: 'starter' },
  ...{ price: 'price_1', by: 'amount' },
};
const folder = mkdtempSync(join(tmpdir(), 'import-file-'));

function fileOf(text: string): string {
  const file = join(folder, 'import.yaml');
  writeFileSync(file, text);
  return file;
}

const applied = (...entries: readonly object[]) =>
  planFileText({ catalog: 'v1', customers: entries as ImportEntry[], leftOut: [] });

const read = (text: string) => readImportFile(fileOf(text), { plans: ['starter', 'pro'] });

test('a file is read as it was written, whatever people call their customers', async () => {
  const odd = [
    { ...ENTRY, customer: '007' },
    { ...ENTRY, subscription: 'sub_2', stripeCustomer: 'cus_2', customer: 'no' },
    { ...ENTRY, subscription: 'sub_3', stripeCustomer: 'cus_3', customer: '1e3' },
  ];
  expect((await read(applied(...odd))).customers).toEqual(odd);
});

test('opening usage may be added by hand', async () => {
  const text = applied(ENTRY).replace(
    '"by":"amount"',
    '"by":"amount","opening":{"model":"gpt-4o","tokens":1200}',
  );
  const [entry] = (await read(text)).customers;
  expect(entry?.opening).toEqual({ model: 'gpt-4o', tokens: 1200 });
});

test.each([
  ['YAML that is none', 'customers: [', /can't be applied, and nothing was done:\n· /],
  ['another file', 'plans: []', /format: expected tollkeeper-import\/1/],
  ['an empty file', '', /the file: /],
  [
    'a plan of no catalog',
    applied({ ...ENTRY, plan: 'gold' }),
    /sub_1: the catalog has no plan gold, but starter, pro/,
  ],
  [
    'an id that no route takes',
    applied({ ...ENTRY, customer: 'a b' }),
    /customers\.0\.customer: expected 1 to 200 letters/,
  ],
  [
    'a subscription that is none',
    applied({ ...ENTRY, subscription: 'si_1' }),
    /customers\.0\.subscription: expected an id such as sub_1Abc/,
  ],
  ['a field that nobody knows', applied({ ...ENTRY, plna: 'pro' }), /plna/],
  [
    'opening usage of nothing',
    applied({ ...ENTRY, opening: { model: 'x', tokens: 0 } }),
    /customers\.0\.opening\.tokens/,
  ],
  [
    'a subscription twice',
    applied(ENTRY, { ...ENTRY, stripeCustomer: 'cus_2', customer: 'bob' }),
    /subscription sub_1 is there 2 times: expected once/,
  ],
  [
    'one id for two',
    applied(ENTRY, { ...ENTRY, subscription: 'sub_2', stripeCustomer: 'cus_2' }),
    /customer ada is there 2 times/,
  ],
] as const)('%s is refused', async (_what, text, message) => {
  await expect(read(text)).rejects.toThrow(message);
});

test('of very many faults the first ten are told, and how many more there are', async () => {
  const entries = Array.from({ length: 15 }, (_, index) => ({
    ...ENTRY,
    ...{ subscription: `sub_${index}`, stripeCustomer: `cus_${index}`, customer: `c${index}` },
    plan: 'gold',
  }));
  await expect(read(applied(...entries))).rejects.toThrow(/sub_9: .*\n· and 5 more$/);
});

test('a file that is not there is named', async () => {
  await expect(readImportFile('/nowhere/import.yaml', { plans: [] })).rejects.toThrow(
    /\/nowhere\/import\.yaml can't be read/,
  );
});
