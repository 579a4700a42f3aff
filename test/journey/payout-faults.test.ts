/**
 * Goal: wherever a payout is interrupted, no transfer and no reversal is made twice, and none is
 * missing.
 */
import { randomUUID } from 'node:crypto';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import { createActivities } from '../../activities';
import { payoutWorkflowId } from '../../src/core/ids';
import { PAYOUT_WORKFLOW_TYPE } from '../../workflows/contract';
import type { PayoutResult } from '../../workflows/contract';
import { devServerEnvironment } from '../support/stack/temporal';
import '../support/stack/quiet-temporal';
import { startVendorApi } from '../support/vendors/vendor-api';
import type { VendorApi } from '../support/vendors/vendor-api';

jest.setTimeout(60_000);

/** read, book, two transfers or reversals, read, book. */
const ACTIVITIES = 6;
/** $10.00 of acme at 15 %, $5.00 of globex at 20 %, $20.00 of the platform. */
const SOLD = { acme_tokens: 1_000, globex_tokens: 500 } as const;
const PLATFORM_CENTS = 2_000;
const SHARES = { acme: 850, globex: 400 } as const;

let api: VendorApi;
let env: TestWorkflowEnvironment;
let stopWorker: () => Promise<void>;
const accounts: Record<string, string> = {};
const taskQueue = { billing: 'billing', stripe: 'stripe' };
/** The completion of this activity, counted from 1, is lost: it was carried out all the same. */
let lost = 0;
let completed = 0;

beforeAll(async () => {
  api = await startVendorApi();
  for (const vendor of ['acme', 'globex']) accounts[vendor] = await api.readyVendor(vendor);
  for (const rate of Object.keys(SOLD))
    await api.stripe.prices.create({
      ...{ currency: 'usd', unit_amount: 1, product_data: { name: rate } },
      lookup_key: `once_${rate}`,
      metadata: { tollkeeper_rate: rate },
    });
  env = await devServerEnvironment();
  stopWorker = await startWorkers();
});
afterAll(async () => {
  await stopWorker();
  await env.teardown();
  await api.close();
});

async function startWorkers(): Promise<() => Promise<void>> {
  const activities = createActivities({
    ...{ pool: api.pool, stripe: api.stripe, catalog: api.catalog, now: Date.now },
    drainLedger: async () => 0,
    takeUsage: async () => [],
    signalStripeEvent: async () => undefined,
  });
  const interrupted = Object.entries(activities).map(([name, activity]) => [
    name,
    async (request: never) => {
      const answer: unknown = await activity(request);
      completed += 1;
      if (completed === lost) throw new Error(`the worker died after ${name}`);
      return answer;
    },
  ]);
  const shared = {
    connection: env.nativeConnection,
    namespace: env.client.options.namespace,
    activities: Object.fromEntries(interrupted) as typeof activities,
  };
  const workers = await Promise.all([
    Worker.create({
      ...shared,
      taskQueue: taskQueue.billing,
      workflowBundle: { codePath: String(process.env.TEST_WORKFLOW_BUNDLE) },
      // Every workflow task begins from the history, as in another process.
      maxCachedWorkflows: 0,
    }),
    Worker.create({ ...shared, taskQueue: taskQueue.stripe }),
  ]);
  const running = Promise.all(workers.map((worker) => worker.run()));
  return async () => {
    for (const worker of workers) worker.shutdown();
    await running;
  };
}

/** An invoice with lines of both vendors and the platform, paid: its id and its charge. */
async function aPaidInvoice(): Promise<{ id: string; charge: string }> {
  const { stripe } = api;
  const customer = await stripe.customers.create({ email: 'ada@example.com' });
  const card = await stripe.paymentMethods.attach('pm_card_bypassPending', {
    customer: customer.id,
  });
  await stripe.customers.update(customer.id, {
    invoice_settings: { default_payment_method: card.id },
  });
  const invoice = await stripe.invoices.create({ customer: customer.id, auto_advance: false });
  const on = { customer: customer.id, invoice: invoice.id };
  for (const [rate, quantity] of Object.entries(SOLD)) {
    const { data } = await stripe.prices.list({ lookup_keys: [`once_${rate}`] });
    await stripe.invoiceItems.create({ ...on, pricing: { price: data[0]?.id }, quantity });
  }
  await stripe.invoiceItems.create({ ...on, amount: PLATFORM_CENTS, currency: 'usd' });
  await stripe.invoices.finalizeInvoice(invoice.id);
  await stripe.invoices.pay(invoice.id);
  const { data } = await stripe.charges.list({ customer: customer.id });
  return { id: invoice.id, charge: String(data[0]?.id) };
}

async function payOut(source: string): Promise<PayoutResult> {
  return (await env.client.workflow.execute(PAYOUT_WORKFLOW_TYPE, {
    workflowId: payoutWorkflowId(source),
    taskQueue: taskQueue.billing,
    args: [{ customer: `ada-${randomUUID().slice(0, 8)}`, source }],
  })) as PayoutResult;
}

/** Transfers and reversals at Stripe, by vendor; the books say the same. */
async function moved(charge: string): Promise<Record<string, readonly (readonly number[])[]>> {
  const { transfer_group: group } = await api.stripe.charges.retrieve(charge);
  const { data } = await api.stripe.transfers.list({ transfer_group: String(group) });
  const byVendor = Object.entries(accounts).map(async ([vendor, account]) => {
    const made = data.filter(({ destination }) => destination === account);
    const reversals = await Promise.all(
      made.map(({ id }) => api.stripe.transfers.listReversals(id)),
    );
    const cents = (of: readonly { amount: number }[]) => of.map(({ amount }) => amount);
    return [vendor, [cents(made), cents(reversals.flatMap((page) => page.data))]] as const;
  });
  return Object.fromEntries(await Promise.all(byVendor));
}

async function booked(charge: string): Promise<Record<string, number>> {
  const { rows } = await api.pool.query<{ vendor: string; cents: number }>(
    `select vendor, sum(moved_cents)::float8 as cents from vendor_entries
      where charge_id = $1 group by vendor order by vendor`,
    [charge],
  );
  return Object.fromEntries(rows.map(({ vendor, cents }) => [vendor, cents]));
}

const PAID = { acme: [[SHARES.acme], []], globex: [[SHARES.globex], []] };
/** Half of it came back. */
const HALVED = {
  acme: [[SHARES.acme], [SHARES.acme / 2]],
  globex: [[SHARES.globex], [SHARES.globex / 2]],
};

const interruptions = Array.from({ length: ACTIVITIES }, (_, index) => index + 1);

test.each(interruptions)(
  'the worker dies after activity %i of a payout, and of a refund',
  async (at) => {
    const { id, charge } = await aPaidInvoice();
    [completed, lost] = [0, at];
    await payOut(id);
    expect(completed).toBe(ACTIVITIES + 1);
    expect(await moved(charge)).toEqual(PAID);
    expect(await booked(charge)).toEqual(SHARES);

    const { amount } = await api.stripe.refunds.create({
      ...{ charge, amount: (PLATFORM_CENTS + SOLD.acme_tokens + SOLD.globex_tokens) / 2 },
    });
    expect(amount).toBe(1_750);
    [completed, lost] = [0, at];
    await payOut(id);
    expect(completed).toBe(ACTIVITIES + 1);
    expect(await moved(charge)).toEqual(HALVED);
    expect(await booked(charge)).toEqual({ acme: 425, globex: 200 });
  },
);

test.each([
  ['request', 1],
  ['request', 2],
  ['answer', 1],
  ['answer', 2],
] as const)('the %s of Stripe call %i is lost, in a payout and in a refund', async (loss, at) => {
  lost = 0;
  const { id, charge } = await aPaidInvoice();
  api.proxy.loseWrite(at, loss);
  await payOut(id);
  expect(await moved(charge)).toEqual(PAID);
  await api.stripe.refunds.create({ charge, amount: 1_750 });
  api.proxy.loseWrite(at, loss);
  await payOut(id);
  expect(await moved(charge)).toEqual(HALVED);
});

test('a payout that is asked for again moves nothing', async () => {
  lost = 0;
  const { id, charge } = await aPaidInvoice();
  await payOut(id);
  await payOut(id);
  expect(await moved(charge)).toEqual(PAID);
});

test('an account of whose change no webhook told is asked for, and paid', async () => {
  lost = 0;
  const { id, charge } = await aPaidInvoice();
  await api.pool.query(`update vendors set transfers_status = 'inactive'`);
  await payOut(id);
  expect(await moved(charge)).toEqual(PAID);
});
