/**
 * Goal: however many renew in one hour, every draft is held and compared before it leaves, within
 * the calls a second that Stripe gives, and each invoice is right to the cent. Twenty here;
 * `npm run renewals-show -- --customers 10000` plays more.
 */
import type Stripe from 'stripe';
import { startMovedAccount } from '../support/imports/moved-account';
import type { MovedAccount } from '../support/imports/moved-account';
import { eventually } from '../support/stack/eventually';
import { centsOf } from '../support/stripe/fifty-customers';
import { eachOf, figure, reportFigures, timed } from '../support/imports/show-progress';

const CUSTOMERS = Number(process.env.RENEWALS_SHOW_CUSTOMERS ?? 20);
const PATIENCE_MS = 90_000 * Math.max(1, Math.ceil(CUSTOMERS / 60));
const DAY_S = 86_400;
const ALLOWANCE = 100_000;

jest.setTimeout(PATIENCE_MS * 5);

const names = Array.from({ length: CUSTOMERS }, (_, index) => `customer-${index + 1}`);
/** Thousands of tokens over the allowance. */
const overOf = (index: number): number => (index * 7) % 1_000;

let account: MovedAccount;
beforeAll(async () => {
  account = await startMovedAccount(daysOfLastMonth(), PATIENCE_MS, 0);
}, 240_000);
afterAll(async () => {
  reportFigures(`Renewals of ${CUSTOMERS} customers`);
  await account.product.stop();
});

/** So that a month which begins now at Stripe ends now. */
function daysOfLastMonth(): number {
  const now = new Date();
  const before = new Date(now);
  before.setUTCMonth(before.getUTCMonth() - 1);
  return (now.getTime() - before.getTime()) / (DAY_S * 1_000);
}

async function rowsOf<Row extends object>(query: string): Promise<Row[]> {
  return (await account.product.pool.query<Row>(query)).rows;
}

/** Asked once a second: the answer costs more than one for few does. */
const untilAll = (step: string, count: () => Promise<number>): Promise<number> =>
  timed(step, () => eventually(count, (all) => all >= CUSTOMERS, PATIENCE_MS, 1_000));

const subscribe = (name: string) =>
  account.product.api.put(`/v1/customers/${name}`, {
    ...{ email: `${name}@example.com`, plan: 'starter' },
  });

/** When the last of their periods ends. */
async function useMonth(): Promise<number> {
  const periods = async () =>
    rowsOf<{ customer: string; start: number; end: number }>(
      `select customer, extract(epoch from period_start)::float8 as start,
              extract(epoch from period_end)::float8 as end from billing_periods`,
    );
  await untilAll('subscriptions made', async () => (await periods()).length);
  const starts = new Map((await periods()).map(({ customer, start }) => [customer, start]));
  await eachOf('usage sent', [...names.entries()], ([index, customer]) =>
    account.product.api.recordUsage(customer, [
      {
        ...{ id: 'month', model: 'gpt-4o-mini', second: Number(starts.get(customer)) + 60 },
        tokens: { input: ALLOWANCE + overOf(index) * 1_000 },
      },
    ]),
  );
  await untilAll('usage reported', async () => {
    const [row] = await rowsOf<{ count: number }>(
      // Who is within the allowance has nothing to report.
      `select count(*)::int as count from billing_periods, jsonb_array_elements(statement->'rates') as rate
        where rate->'tokens' = rate->'reportedTokens' and rate->>'tokens' <> '0'`,
    );
    return (row?.count ?? 0) + names.filter((_, index) => overOf(index) === 0).length;
  });
  return Math.max(...(await periods()).map(({ end }) => end));
}

interface Decision {
  readonly invoice: string;
  /** Unix seconds of the product's time. */
  readonly at: number;
}

/** The first of each invoice. */
const decisions = (kind: 'invoice_held' | 'invoice_released') =>
  rowsOf<Decision>(
    `select detail->>'invoice' as invoice, extract(epoch from min(at))::float8 as at
       from audit_entries where kind = '${kind}' group by 1`,
  );

const callsSoFar = () => account.calls.writes().length + account.calls.reads();

async function renewals(): Promise<Stripe.Invoice[]> {
  const all: Stripe.Invoice[] = [];
  for await (const invoice of account.product.stripe.invoices.list({ limit: 100 }))
    if (invoice.billing_reason === 'subscription_cycle') all.push(invoice);
  return all;
}

/** From the ends of their periods until each draft was held, or compared and let go. */
function measuring() {
  const [callsBefore, beganMs] = [callsSoFar(), Date.now()];
  const budget = account.product.config.STRIPE_CALLS_PER_SECOND;
  return (what: string): void => {
    const seconds = (Date.now() - beganMs) / 1_000;
    const calls = (callsSoFar() - callsBefore) / CUSTOMERS;
    figure(`${what}: drafts a minute`, (60 * CUSTOMERS) / seconds);
    figure(`${what}: calls for each`, calls.toFixed(2));
    figure(`${what}: calls a second`, ((calls * CUSTOMERS) / seconds).toFixed(1));
    figure(`${what}: minutes for 50,000 by calls`, ((50_000 * calls) / budget / 60).toFixed(1));
  };
}

test('every draft is compared before it leaves, and every invoice is right', async () => {
  const { product, moveTo, now, renew } = account;
  await timed('customers asked for', () => eachOf('customers asked for', names, subscribe));
  const lastEnd = await useMonth();

  const measure = measuring();
  await moveTo(Math.max(lastEnd + 60, now()));
  await untilAll('drafts held', async () => (await decisions('invoice_held')).length);
  measure('held');
  await untilAll('drafts compared', async () => (await decisions('invoice_released')).length);
  measure('compared');
  const behindS = now() - Date.now() / 1_000;
  const releasedAt = new Map(
    (await decisions('invoice_released')).map(({ invoice, at }) => [invoice, at + behindS]),
  );

  await timed('invoices left', () => renew('invoices left', []));
  await untilAll('invoices paid', async () => (await renewals()).filter(isPaid).length);
  const invoices = await renewals();
  const early = invoices.filter(
    ({ id, status_transitions: { finalized_at: leftAt } }) =>
      (leftAt ?? 0) < (releasedAt.get(id) ?? Infinity) - 1,
  );
  expect(early.map(({ id }) => id)).toEqual([]);
  const cents = invoices.map(({ total }) => total).sort((a, b) => a - b);
  expect(cents).toEqual(names.map((_, index) => centsOf(overOf(index))).sort((a, b) => a - b));
  figure('invoices', invoices.length);
  figure(
    'cents',
    cents.reduce((sum, each) => sum + each, 0),
  );
  const failed = `WorkflowType = 'billing' and ExecutionStatus in ('Failed', 'TimedOut', 'Terminated')`;
  expect((await product.temporal.workflow.count(failed)).count).toBe(0);
});

const isPaid = ({ status }: Stripe.Invoice): boolean => status === 'paid';
