/**
 * Goal: customers who are at Stripe are brought without a wrong cent. Who is observed causes no
 * write at Stripe, and every difference from what was billed is explained; a cut-over loses and
 * doubles nothing; and as long as nothing was reported, it can be taken back.
 */
import type { ImportEntry } from '../../src/core/adoption/import-plan';
import { compareImports } from '../../src/cli/imports/compare';
import { planFileText } from '../../src/cli/imports/plan-file';
import type { Catalog } from '../../src/core/plans/catalog';
import { loadCatalog } from '../../src/stripe/catalog-file';
import { eventually } from '../support/stack/eventually';
import { startMovedAccount } from '../support/stripe/moved-account';
import type { MovedAccount } from '../support/stripe/moved-account';
import { fillAccount, KIND_NAMES } from '../support/stripe/existing-account';
import type { ExistingSubscription, Kind } from '../support/stripe/existing-account';
import { importCommands } from '../support/stripe/import-commands';
import type { ImportCommands } from '../support/stripe/import-commands';

const SUBSCRIPTIONS = 60;
/** Stripe's month begins so long ago: its usage is still taken when it has ended. */
const DAYS_AGO = 33;
const DAY = 86_400;
const PATIENCE_MS = 120_000;

let account: MovedAccount;
let catalog: Catalog;
let imports: ImportCommands;
let existing: ExistingSubscription[];
beforeAll(async () => {
  account = await startMovedAccount(DAYS_AGO);
  catalog = await loadCatalog('catalog.yaml');
  imports = importCommands(account.product, catalog);
  const kinds = Array.from(
    { length: SUBSCRIPTIONS },
    (_, index) => KIND_NAMES[index % KIND_NAMES.length] as Kind,
  );
  existing = await fillAccount(account.product.stripe, kinds);
}, 300_000);
afterAll(() => account.product.stop());

const silent = () => undefined;

const plan = () => imports.plan();
const apply: ImportCommands['apply'] = (entries, options) => imports.apply(entries, options);
const undo = (customers: readonly string[]) => imports.undo(customers);

/** Whole tokens over the allowance by hand: 3.00 a million, 2.00 where there is none. */
function usageByHand(planId: string, tokens: number): number {
  const included = { pay_as_you_go: 0, starter: 100_000, pro: 500_000 }[planId] ?? 0;
  const hundredths = planId === 'pay_as_you_go' ? 200 : 300;
  return Math.floor((Math.max(0, tokens - included) * hundredths + 500_000) / 1_000_000);
}

const BASE: Readonly<Record<string, number>> = { pay_as_you_go: 0, starter: 2_900, pro: 9_900 };

const use = (customer: string, id: string, second: number, tokens: number) =>
  account.product.api.recordUsage(customer, [
    { id: `${customer}-${id}`, model: 'gpt-4o-mini', tokens: { input: tokens }, second },
  ]);

/** They stand between the tests, which are one story. */
let planned: readonly ImportEntry[];
let renewing: ImportEntry;
let first: ImportEntry;
let undone: ImportEntry;
let second: ImportEntry;
let later: ImportEntry[];
/** Tokens of the observed month, by customer. */
let used: ReadonlyMap<string, number>;
let writesBefore: number;
/** The end of the observed month. */
let end: number;

const periodEnd = async ({ subscription }: ImportEntry): Promise<number> => {
  const { items } = await account.product.stripe.subscriptions.retrieve(subscription);
  return items.data[0]?.current_period_end as number;
};

test('the plan is the same each time, and has who can be taken over', async () => {
  const once = await plan();
  expect(planFileText(await plan())).toBe(planFileText(once));
  planned = once.customers;
  expect(planned.length + once.leftOut.length).toBe(SUBSCRIPTIONS);
  const importable = existing.filter(({ kind }) => ['starter', 'pro', 'free'].includes(kind));
  expect(planned.map(({ customer }) => customer).sort()).toEqual(
    importable.map(({ customer }) => customer).sort(),
  );
  const byPlan = (planId: string) => planned.filter((one) => one.plan === planId);
  const [starter, starter2, ...starters] = byPlan('starter');
  const [pro, pro2, ...pros] = byPlan('pro');
  [renewing, first, undone, second] = [starter, starter2, pro, pro2] as [
    ...[ImportEntry, ImportEntry, ImportEntry, ImportEntry],
  ];
  later = [...starters, ...pros, ...byPlan('pay_as_you_go')];
});

test('who is observed twice is observed once, and nobody gives them another one', async () => {
  const { product, calls } = account;
  writesBefore = calls.writes().length;
  const observed = { asked: planned.length, byPhase: { observed: planned.length } };
  expect(await apply(planned, { mode: 'observe' })).toMatchObject(observed);
  expect(await apply(planned, { mode: 'observe' })).toMatchObject(observed);
  await expect(
    product.api.put(`/v1/customers/${first.customer}`, {
      ...{ email: 'x@example.com', plan: 'starter' },
    }),
  ).rejects.toThrow(/is observed, and billed by something else/);
  // One waits for the renewal from now on: it may be asked for again, and is still observed.
  const waits = { byPhase: { waiting: 1 } };
  expect(await apply([renewing], { mode: 'bill' })).toMatchObject(waits);
  expect(await apply([renewing], { mode: 'bill' })).toMatchObject(waits);
}, 120_000);

test('a month later every difference is explained, to the cent', async () => {
  const { product } = account;
  const start = account.now();
  // Our own clock is a month ahead of the account's.
  await product.pool.query('update imports set observed_since = to_timestamp($1)', [start]);
  used = new Map(planned.map(({ customer }, at) => [customer, 90_000 * (at + 1)]));
  for (const [customer, tokens] of used) {
    await use(customer, 'first', start + 2 * DAY, tokens - 30_000);
    await use(customer, 'second', start + 9 * DAY, 30_000);
  }
  end = await periodEnd(first);
  await account.renew(end, async () => undefined);
  const compared = await compareImports({ ...product, catalog }, undefined, silent);
  expect(compared).toHaveLength(planned.length);
  for (const { customer, plan: planId, periods } of compared) {
    const base = BASE[planId] ?? 0;
    const cents = usageByHand(planId, used.get(customer) ?? 0);
    const [month] = periods;
    const figures = [month?.oursCents, month?.theirsCents];
    expect([customer, ...figures]).toEqual([customer, base + cents, base]);
    expect(periods.every(({ isExplained }) => isExplained)).toBe(true);
    expect(month?.differences.map(({ kind, oursCents }) => [kind, oursCents])).toEqual(
      cents === 0 ? [] : [['usage', cents]],
    );
  }
}, 300_000);

test('to observe, nothing was written at Stripe, and no billing workflow began', async () => {
  const { product, calls } = account;
  expect(calls.reads()).toBeGreaterThan(planned.length);
  expect(calls.writes().slice(writesBefore)).toEqual([]);
  const running: string[] = [];
  for await (const { workflowId } of product.temporal.workflow.list()) running.push(workflowId);
  expect(running.filter((id) => !id.startsWith('import:'))).toEqual([]);
});

test('an import of whom nothing is reported is taken back without a trace', async () => {
  const { product } = account;
  const { customer, subscription } = undone;
  const billed = { byPhase: { billed: 1 } };
  expect(await apply([undone], { mode: 'bill', at: 'now' })).toMatchObject(billed);
  const atStripe = () => product.stripe.subscriptions.retrieve(subscription);
  await eventually(atStripe, ({ items }) => items.data.length > 1, PATIENCE_MS);
  expect(await undo([customer])).toMatchObject({ byPhase: { undone: 1 }, refused: [] });
  const { items, metadata } = await atStripe();
  expect([items.data.length, metadata]).toEqual([1, {}]);
  expect(await product.api.get(`/v1/customers/${customer}`)).toBeUndefined();
  const { rows } = await product.pool.query(
    `select from billing_periods where customer = $1
     union all select from billing_snapshots where customer = $1`,
    [customer],
  );
  expect(rows).toEqual([]);
}, 180_000);

test('a cut-over loses and doubles no token, now or at the renewal', async () => {
  const { product } = account;
  // The month that runs is ours as a whole: what was used before the cut-over, too.
  const now = [first, second, renewing];
  const month = new Map<string, number>();
  for (const { customer } of [...now, ...later])
    await use(customer, 'before', end + 3_600, 150_001);
  expect(await apply([renewing], { mode: 'bill' })).toMatchObject({ byPhase: { billed: 1 } });
  const opening = { model: 'gpt-4o-mini', tokens: 40_000 };
  const asked = [first, { ...second, opening }];
  for (const billed of [2, 2])
    expect(await apply(asked, { mode: 'bill', at: 'now' })).toMatchObject({ byPhase: { billed } });
  const waiting = { byPhase: { waiting: later.length } };
  expect(await apply(later, { mode: 'bill' })).toMatchObject(waiting);
  // Stripe takes no report of usage that is to come there.
  await account.moveTo(Math.floor(Date.now() / 1000));
  for (const { customer } of [...now, ...later]) {
    await use(customer, 'after', Math.floor(Date.now() / 1000) - 3_600, 400_000);
    month.set(customer, 550_001 + (customer === second.customer ? 40_000 : 0));
  }
  const nextEnd = await periodEnd(first);
  for (const { customer } of now)
    await eventually(
      () => product.api.get<{ usedTokens: number }>(`/v1/customers/${customer}/usage`),
      (usage) => usage?.usedTokens === month.get(customer),
      PATIENCE_MS,
    );
  await account.renew(nextEnd, () => untilReconciled(now.map(({ customer }) => customer)));
  for (const entry of now) await expectInvoiced(entry, month.get(entry.customer) ?? 0);
  // Whoever bills the others today has made their invoice of this renewal as well.
  for (const entry of later) await expectInvoiced(entry, 0);
  const told = await product.api.get<{ exceptions: unknown[] }>('/v1/exceptions');
  expect(told?.exceptions).toEqual([]);
}, 400_000);

test('who was reported stays', async () => {
  expect(await undo([first.customer])).toMatchObject({
    refused: [
      { subscription: first.subscription, why: expect.stringMatching(/was reported/) as string },
    ],
  });
});

async function expectInvoiced(entry: ImportEntry, tokens: number): Promise<void> {
  const { subscription, plan: planId, customer } = entry;
  const invoice = await eventually(
    async () => (await account.product.stripe.invoices.list({ subscription, limit: 1 })).data[0],
    (latest) => latest?.status === 'paid' && latest.billing_reason === 'subscription_cycle',
    PATIENCE_MS,
  );
  const usage = usageByHand(planId, tokens);
  expect([customer, invoice?.total]).toEqual([customer, (BASE[planId] ?? 0) + usage]);
}

async function untilReconciled(customers: readonly string[]): Promise<void> {
  for (const customer of customers)
    await eventually(
      async () =>
        (
          await account.product.pool.query<{ status: string }>(
            'select status from billing_periods where customer = $1 order by period_start limit 1',
            [customer],
          )
        ).rows[0]?.status,
      (status) => status === 'reconciled',
      PATIENCE_MS,
    );
}
