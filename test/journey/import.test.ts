/**
 * Goal: customers who are at Stripe are brought without a wrong cent. Who is observed causes no
 * write at Stripe, and every difference from what was billed is explained; a cut-over loses and
 * doubles nothing; and as long as nothing was reported, it can be taken back.
 * `npm run import-show` tells the same story of thousands.
 */
import type { ImportEntry } from '../../src/core/adoption/import-plan';
import { planFileText } from '../../src/cli/imports/plan-file';
import { eventually } from '../support/stack/eventually';
import { allTokens, baseCents, besideByHand, billableTokens } from '../support/imports/by-hand';
import { planOf } from '../support/imports/existing-account';
import {
  booksByHand,
  readFourBooks,
  untilCounted,
  untilReconciled,
} from '../support/imports/four-books';
import { endedBy, notOf, partsOf, startImportShow } from '../support/imports/import-show';
import type { ImportShow, Parts } from '../support/imports/import-show';
import { eachOf, figure, reportFigures, timed } from '../support/imports/show-progress';
import { CUT_OVER, drawTokens, patience, SEED, SUBSCRIPTIONS } from '../support/imports/show-size';

const DAY = 86_400;
const PATIENCE_MS = patience(120_000);

let show: ImportShow;
beforeAll(async () => {
  show = await startImportShow();
}, patience(300_000));
afterAll(async () => {
  reportFigures(`Imports, seed ${SEED}`);
  await show.account.product.stop();
}, 60_000);

const idsOf = (entries: readonly ImportEntry[]) => entries.map(({ customer }) => customer);
const latestOf = (ends: ReadonlyMap<string, number>) => Math.max(...ends.values());

/** They stand between the tests, which are one story. */
let planned: readonly ImportEntry[];
let parts: Parts;
let used = new Map<string, number>();
let writesBefore: number;
/** Ends of the observed month, by subscription. */
let firstEnds: ReadonlyMap<string, number>;
let cutOver: readonly ImportEntry[];
/** Tokens of the month that is ours. */
let drawn: readonly (Record<'before' | 'after' | 'opening', number> & { customer: string })[];

test('the plan is the same each time, and has who can be taken over', async () => {
  const { imports, existing } = show;
  const once = await timed('planned', () => imports.plan());
  expect(planFileText(await imports.plan())).toBe(planFileText(once));
  // Stripe's ids are of no seed; the customers' are.
  planned = [...once.customers].sort((a, b) => (a.customer < b.customer ? -1 : 1));
  expect(planned.length + once.leftOut.length).toBe(SUBSCRIPTIONS);
  const plansByHand = existing.flatMap(({ kind, customer }) => {
    const plan = planOf(kind);
    return plan === null ? [] : [[customer, plan, kind === 'classic' ? true : undefined]];
  });
  const plans = planned.map(({ customer, plan, migrate }) => [customer, plan, migrate]);
  expect(plans.sort()).toEqual(plansByHand.sort());
  parts = partsOf(planned, existing);
  figure('become customers', planned.length);
  figure('left out, with reasons', once.leftOut.length);
});

test(
  'who is observed twice is observed once, and nobody gives them another one',
  async () => {
    const { account, imports } = show;
    writesBefore = account.calls.writes().length;
    const observed = { asked: planned.length, byPhase: { observed: planned.length } };
    await timed('observed', async () =>
      expect(await imports.apply(planned, { mode: 'observe' })).toMatchObject(observed),
    );
    expect(await imports.apply(planned, { mode: 'observe' })).toMatchObject(observed);
    await expect(
      account.product.api.put(`/v1/customers/${parts.now[0]?.customer}`, {
        ...{ email: 'x@example.com', plan: 'starter' },
      }),
    ).rejects.toThrow(/is observed, and billed by something else/);
    // Some wait for the renewal from now on: it may be asked for again.
    const { renewing } = parts;
    const waits = { byPhase: { waiting: renewing.length } };
    expect(await imports.apply(renewing, { mode: 'bill' })).toMatchObject(waits);
    expect(await imports.apply(renewing, { mode: 'bill' })).toMatchObject(waits);
  },
  patience(120_000),
);

test(
  'a month later every difference is explained, to the cent',
  async () => {
    const { account } = show;
    const start = account.now();
    await account.product.pool.query('update imports set observed_since = to_timestamp($1)', [
      start,
    ]);
    const drawn = planned.map(({ customer }) => [customer, drawTokens(), drawTokens()] as const);
    const at = (second: number, part: 1 | 2) =>
      drawn.map((one) => ({ customer: one[0], second, tokens: one[part] }));
    await show.use('first', at(start + 2 * DAY, 1));
    await show.use('second', at(start + 9 * DAY, 2));
    firstEnds = await show.periodEnds(planned);
    await timed('first renewal', () => account.renew('first renewals', firstEnds.values()));
    const compared = await timed('compared', () => show.compare());
    expect(compared).toHaveLength(planned.length);
    const usedBy = new Map(drawn.map(([customer, first, second]) => [customer, first + second]));
    const { deviations, cents } = besideByHand(compared, usedBy);
    expect(deviations).toEqual([]);
    figure('cents that differ, all explained', cents);
  },
  patience(300_000),
);

test('to observe, nothing was written at Stripe, and no billing workflow began', async () => {
  const { product, calls } = show.account;
  expect(calls.reads()).toBeGreaterThan(planned.length);
  const writes = calls.writes().slice(writesBefore).filter(notOf(parts.renewing));
  expect(writes).toEqual([]);
  figure('writing calls while observed', writes.length);
  const running: string[] = [];
  for await (const { workflowId } of product.temporal.workflow.list()) running.push(workflowId);
  const billing = running.filter((id) => !id.startsWith('import:'));
  expect(billing.filter(notOf(parts.renewing))).toEqual([]);
}, 60_000);

test(
  'an import of whom nothing is reported is taken back without a trace',
  async () => {
    const { account, imports } = show;
    const { product } = account;
    const billed = parts.undone.slice(1);
    expect(await imports.apply(billed, { mode: 'bill', at: 'now' })).toMatchObject({
      byPhase: { billed: billed.length },
    });
    const read = ({ subscription }: ImportEntry) =>
      product.stripe.subscriptions.retrieve(subscription);
    for (const entry of billed)
      await eventually(
        () => read(entry),
        ({ items }) => items.data.length > 1,
        PATIENCE_MS,
      );
    expect(await imports.undo(idsOf(parts.undone))).toMatchObject({
      ...{ byPhase: { undone: parts.undone.length }, refused: [] },
    });
    for (const entry of parts.undone) {
      const { items, metadata } = await read(entry);
      expect([items.data.length, metadata]).toEqual([1, {}]);
      expect(await product.api.get(`/v1/customers/${entry.customer}`)).toBeUndefined();
    }
    const { rows } = await product.pool.query(
      `select from billing_periods where customer = any($1)
       union all select from billing_snapshots where customer = any($1)`,
      [idsOf(parts.undone)],
    );
    expect(rows).toEqual([]);
  },
  patience(180_000),
);

test(
  'a cut-over loses and doubles no token, now or at the renewal',
  async () => {
    const { imports } = show;
    const { renewing, now, later } = parts;
    cutOver = [...renewing, ...now];
    expect(cutOver).toHaveLength(CUT_OVER);
    const end = latestOf(firstEnds);
    drawn = [...cutOver, ...later].map(({ customer, opening }) => ({
      ...{ customer, before: drawTokens(), after: drawTokens(), opening: opening?.tokens ?? 0 },
    }));
    // The month that runs is ours as a whole: what was used before the cut-over, too.
    await show.use(
      'before',
      drawn.map(({ customer, before: tokens }) => ({ customer, second: end + 3_600, tokens })),
    );
    const billed = { byPhase: { billed: renewing.length } };
    await timed('cut over at the renewal', async () =>
      expect(await imports.apply(renewing, { mode: 'bill' })).toMatchObject(billed),
    );
    const [first] = renewing;
    // What was billed beside us while it was observed stays to be seen.
    const [ours] = await show.compare(first?.customer);
    expect(ours?.periods).toMatchObject([{ isExplained: true }]);
    await timed('cut over now, twice', async () => {
      for (const billed of [now.length, now.length])
        expect(await imports.apply(now, { mode: 'bill', at: 'now' })).toMatchObject({
          byPhase: { billed },
        });
    });
    const waiting = { byPhase: { waiting: later.length } };
    expect(await imports.apply(later, { mode: 'bill' })).toMatchObject(waiting);
  },
  patience(400_000),
);

test(
  'and at the renewal each invoice is what was used, by whoever counts it',
  async () => {
    const { account } = show;
    const [{ product }, { later }] = [account, parts];
    const sums = { cents: 0, tokens: 0 };
    // Stripe takes no report of usage that is to come there.
    const realNow = Math.floor(Date.now() / 1000);
    await account.moveTo(realNow);
    await show.use(
      'after',
      drawn.map(({ customer, after: tokens }) => ({ customer, second: realNow - 3_600, tokens })),
    );
    used = new Map(drawn.slice(0, CUT_OVER).map((one) => [one.customer, allTokens(one)]));
    await timed('counted and reported', () => untilCounted(product, used, PATIENCE_MS));
    const nextEnds = await show.periodEnds(cutOver);
    await timed('next renewal', () =>
      account.renew('next renewals', nextEnds.values(), (second) =>
        untilReconciled(product, idsOf(endedBy(cutOver, nextEnds, second)), PATIENCE_MS),
      ),
    );
    await eachOf('books compared', cutOver, async (entry) => {
      const [start, end] = [firstEnds, nextEnds].map((ends) => ends.get(entry.subscription));
      const period = { ...entry, start: Number(start), end: Number(end) };
      const books = await readFourBooks(product, period, PATIENCE_MS);
      const byHand = booksByHand(period, used.get(entry.customer) ?? 0);
      expect({ entry, ...books }).toEqual({ entry, ...byHand });
      sums.cents += books.invoiceCents;
      sums.tokens += books.ledgerTokens;
    });
    figure('cut over', cutOver.length);
    figure('invoices equal to the oracle, cents', sums.cents);
    figure('tokens in ledger, workflow, meter and invoice', sums.tokens);
    // Whoever bills the others today has made their invoice of this renewal as well.
    for (const { subscription, plan, customer } of later) {
      const [invoice] = (await product.stripe.invoices.list({ subscription, limit: 1 })).data;
      expect([customer, invoice?.total]).toEqual([customer, baseCents(plan)]);
    }
    const told = await product.api.get<{ exceptions: unknown[] }>('/v1/exceptions');
    expect(told?.exceptions).toEqual([]);
  },
  patience(400_000),
);

test('who was reported stays', async () => {
  const reported = parts.now.find(
    ({ plan, customer }) => billableTokens(plan, used.get(customer) ?? 0) > 0,
  );
  const { subscription, customer } = reported as ImportEntry;
  const why = expect.stringMatching(/was reported/) as string;
  expect(await show.imports.undo([customer])).toMatchObject({ refused: [{ subscription, why }] });
});
