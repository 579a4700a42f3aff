/** The sandbox's file: folded while calls are answered, and whole whenever the process ends. */
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openJournal } from '../../../src/dev/stripe-sandbox/journal';
import type { StripeObject } from '../../../src/dev/stripe-sandbox/objects';
import { createStore } from '../../../src/dev/stripe-sandbox/store';
import type { Store } from '../../../src/dev/stripe-sandbox/store';

const LONG = 'x'.repeat(300_000);

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'journal-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const product = (id: string, text = ''): StripeObject => ({
  id,
  object: 'product',
  created: 1,
  text,
});
const textsOf = (store: Store): [string, unknown][] =>
  store.all('product').map(({ id, text }) => [id, text]);

/** What a process would read that starts with the files as they are at this moment. */
function readAfterCrash(name: string): [string, unknown][] {
  const copies = mkdtempSync(join(tmpdir(), 'crashed-'));
  for (const file of readdirSync(folder)) copyFileSync(join(folder, file), join(copies, file));
  const store = createStore();
  openJournal(store, join(copies, name));
  rmSync(copies, { recursive: true, force: true });
  return textsOf(store);
}

test('a process that ends in the midst of folding has lost nothing', async () => {
  const store = createStore();
  const journal = openJournal(store, join(folder, 'stripe.json'), 5 * LONG.length);
  const steps: string[] = [];
  for (let number = 0; number < 24; number += 1) {
    store.put('product', product(`prod_${number % 9}`, `${number}${LONG}`));
    if (number % 5 === 4) store.remove('product', `prod_${(number + 3) % 9}`);
    journal.flush();
    steps.push(existsSync(join(folder, 'stripe.json.journal.next')) ? 'folding' : 'idle');
    expect(new Map(readAfterCrash('stripe.json'))).toEqual(new Map(textsOf(store)));
    await new Promise((resolve) => setImmediate(resolve));
  }
  journal.compact();
  expect(new Map(readAfterCrash('stripe.json'))).toEqual(new Map(textsOf(store)));
  // Else the test would say nothing of what it is about.
  expect(new Set(steps)).toEqual(new Set(['folding', 'idle']));
});

test('a file that is longer than a chunk is read as it was written, in its order', () => {
  const store = createStore();
  const journal = openJournal(store, join(folder, 'stripe.json'));
  for (let number = 0; number < 3; number += 1)
    store.put('product', product(`prod_${number}`, `é${'ü'.repeat(700_000)}${number}`));
  journal.flush();
  journal.compact();
  expect(readAfterCrash('stripe.json')).toEqual(textsOf(store));
});

test('a torn last line is left out, and a torn line before others is told', () => {
  const dataFile = join(folder, 'stripe.json');
  const store = createStore();
  const journal = openJournal(store, dataFile);
  store.put('product', product('prod_kept', 'kept'));
  journal.flush();
  appendFileSync(`${dataFile}.journal`, '{"kind":"prod');
  expect(readAfterCrash('stripe.json')).toEqual([['prod_kept', 'kept']]);
  appendFileSync(`${dataFile}.journal`, '\n{}\n');
  expect(() => readAfterCrash('stripe.json')).toThrow(/journal line 2 is not JSON/);
});
