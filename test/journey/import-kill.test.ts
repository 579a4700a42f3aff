/**
 * Goal: whoever is killed in the middle of an import, wherever that is, it goes on where it was:
 * one workflow, one item of each rate, one opening usage, and one row of each customer.
 */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ImportEntry } from '../../src/core/adoption/import-plan';
import { planFileText } from '../../src/cli/imports/plan-file';
import { versionOf } from '../../src/stripe/catalog-version';
import { eventually } from '../support/stack/eventually';
import { fillAccount } from '../support/imports/existing-account';
import { kill, startKillable } from '../support/imports/killable';
import type { Killable } from '../support/imports/killable';

const IMPORTS = 30;
/** So many of them are held. */
const HELD = 6;
const OPENED = IMPORTS - 4;
const OPENING = { model: 'gpt-4o-mini', tokens: 150_000 };
const PATIENCE_MS = 120_000;

let stage: Killable;
let entries: ImportEntry[];
let file: string;
beforeAll(async () => {
  stage = await startKillable();
  const kinds = Array.from({ length: IMPORTS }, () => 'classic' as const);
  const existing = await fillAccount(stage.stripe, kinds);
  const [{ id: price } = { id: '' }] = (
    await stage.stripe.subscriptions.retrieve(String(existing[0]?.subscription))
  ).items.data.map((item) => item.price);
  entries = existing.map(({ customer, subscription, stripeCustomer }, at) => ({
    ...{ customer, subscription, stripeCustomer, price, plan: 'starter' },
    ...({ by: 'amount', migrate: true } as const),
    // The ledger takes one at a time: where one is held, those would not come so far.
    ...((at < 2 || at >= HELD) && { opening: OPENING }),
  }));
  const catalog = versionOf(stage.catalog);
  file = join(mkdtempSync(join(tmpdir(), 'killed-')), 'import.yaml');
  writeFileSync(file, planFileText({ catalog, customers: entries, leftOut: [] }));
}, 120_000);
afterAll(() => stage.stop(), 60_000);

const apply = () =>
  stage.command('import', 'apply', file, '--mode', 'bill', '--at', 'now', '--yes');
const countOf = async (sql: string) =>
  Number((await stage.pool.query<{ count: string }>(`select count(*) ${sql}`)).rows[0]?.count);
const running = async () => {
  const ids: string[] = [];
  for await (const { workflowId } of stage.temporal.workflow.list()) ids.push(workflowId);
  return ids;
};

const fewestItems = async () => {
  const all = await Promise.all(
    entries.map(({ subscription }) => stage.stripe.subscriptions.retrieve(subscription)),
  );
  return Math.min(...all.map(({ items }) => items.data.length));
};

test('worker and command are killed at every step, and each is imported once', async () => {
  const [first, second, third, fourth, fifth] = entries.map(({ subscription }) => subscription);
  const [, , , , , sixth] = entries.map(({ customer }) => customer);
  const { database, stripeCalls } = stage;
  // Each of these imports comes so far, is done there, and does not hear of it.
  database.hold(
    { words: ['insert into imports', String(first)], doneBy: 'commit' },
    // A connection that has prepared the statement tells its parameters alone.
    { words: [`import:${second}:`] },
    { words: ['insert into customers', String(sixth)], doneBy: 'commit' },
  );
  stripeCalls.hold(
    { words: [`POST /v1/subscriptions/${third}/migrate`] },
    { words: ['POST /v1/prices/'] },
    { words: [`POST /v1/subscriptions/${fifth} `] },
  );
  expect(fourth).toBeDefined();
  // Nobody works yet: the command is killed when it has asked for some, and no others.
  const command = apply();
  await eventually(running, ({ length }) => length > 0, PATIENCE_MS);
  await kill(command);
  const worker = stage.startWorker();
  const again = apply();
  await eventually(
    () => database.held() + stripeCalls.held(),
    (held) => held === HELD,
    PATIENCE_MS,
  );
  await kill(again);
  await kill(worker);
  const next = stage.startWorker();
  const last = apply();
  const [code] = (await once(last, 'exit')) as [number];
  expect(code).toBe(0);
  await eventually(
    () => countOf(`from audit_entries where kind = 'usage_reported'`),
    (count) => count >= OPENED,
    PATIENCE_MS,
  );
  // Nothing is reported of those without an opening: they have their items, or get them yet.
  await eventually(fewestItems, (count) => count > 1, PATIENCE_MS);
  await kill(next);
}, 300_000);

test('there is one workflow, one row, one opening usage of each', async () => {
  const billing = (await running()).filter((id) => id.startsWith('billing:'));
  expect(billing.sort()).toEqual(entries.map(({ customer }) => `billing:${customer}`).sort());
  for (const table of ['customers', `imports where phase = 'billed'`])
    expect([table, await countOf(`from ${table}`)]).toEqual([table, IMPORTS]);
  expect(await countOf('from usage_events')).toBe(OPENED);
  const sum = `select sum(input)::float8 as tokens from usage_events`;
  const { rows } = await stage.pool.query<{ tokens: number }>(sum);
  expect(rows[0]?.tokens).toBe(OPENED * OPENING.tokens);
  const billed = `from audit_entries where kind = 'import_billed'`;
  expect(await countOf(billed)).toBe(IMPORTS);
});

test('and one item of each rate, and all of the opening on the meter, once', async () => {
  const { stripe } = stage;
  const meters = (await stripe.billing.meters.list({ limit: 100 })).data;
  const meter = meters.find(({ event_name }) => event_name === 'tollkeeper_overage_standard');
  for (const { subscription, stripeCustomer, opening } of entries) {
    const { items, billing_mode } = await stripe.subscriptions.retrieve(subscription);
    const prices = items.data.map(({ price }) => price.id);
    expect(new Set(prices).size).toBe(prices.length);
    expect([prices.length > 1, billing_mode.type]).toEqual([true, 'flexible']);
    const day = Math.floor(Date.now() / 86_400_000) * 86_400;
    const { data } = await stripe.billing.meters.listEventSummaries(String(meter?.id), {
      ...{ customer: stripeCustomer, start_time: day - 86_400, end_time: day + 2 * 86_400 },
    });
    const tokens = data.reduce((sum, { aggregated_value: value }) => sum + value, 0);
    // The plan includes 100,000.
    expect(tokens).toBe(opening ? opening.tokens - 100_000 : 0);
  }
});
