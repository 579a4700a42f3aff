/**
 * Goal: fifty customers close on one night while Stripe refuses our key, first here (403), then
 * everywhere (401). No workflow fails, each draft waits, operators are told, and in the end all
 * fifty invoices are right and every cent of them is explained.
 */
import { readExceptions } from '../../src/cli/operator/exceptions';
import { loadCatalog } from '../../src/stripe/catalog-file';
import { eventually } from '../support/stack/eventually';
import { advanceClock } from '../support/stripe/test-clock';
import { startProduct } from '../support/stack/product';
import type { Product } from '../support/stack/product';
import { checkInvoice } from '../../src/cli/proof/invoice-verification';

const CUSTOMERS = Array.from({ length: 50 }, (_, at) => `customer-${at + 1}`);
const HOUR = 3_600;
const PATIENCE_MS = 120_000;

/** Customer n uses n × 1,000 tokens over Starter's allowance, at 0.3 cents each thousand. */
const tokensOf = (customer: string) => 100_000 + Number(customer.split('-')[1]) * 1_000;
/** Half up to whole cents, by hand: n × 0.3. */
const centsOf = (customer: string) =>
  2900 + Math.floor((Number(customer.split('-')[1]) * 3 + 5) / 10);

let product: Product;
const clocks = new Map<string, string>();
let end: number;
beforeAll(async () => {
  product = await startProduct({ LOG_LEVEL: 'silent' });
  const start = Math.floor(Date.now() / 1000);
  for (const customer of CUSTOMERS) {
    const { id } = await product.stripe.testHelpers.testClocks.create({ frozen_time: start });
    clocks.set(customer, id);
    await product.api.put(`/v1/customers/${customer}`, {
      ...{ email: `${customer}@example.com`, plan: 'starter', testClock: id },
    });
    await product.api.recordUsage(customer, [
      {
        id: `${customer}-call`,
        model: 'gpt-4o-mini',
        tokens: { input: tokensOf(customer) },
        second: start + 60,
      },
    ]);
  }
  const { rows } = await product.pool.query<{ end: string }>(
    `select extract(epoch from max(period_end))::bigint as end from billing_periods`,
  );
  end = Number(rows[0]?.end);
}, 240_000);
afterAll(() => product.stop());

async function order(fault: object): Promise<void> {
  const answer = await fetch(`${product.stripeUrl}/_sandbox/faults`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(fault),
  });
  expect(answer.status).toBe(200);
}

const noMoreFaults = () => fetch(`${product.stripeUrl}/_sandbox/faults`, { method: 'DELETE' });

async function advanceAll(second: number): Promise<void> {
  for (const clock of clocks.values()) await advanceClock(product.stripe, clock, second);
}

const exceptions = async () => {
  const { exceptions: open, unheard } = await readExceptions({
    ...product,
    catalog: await loadCatalog('catalog.yaml'),
  });
  expect(unheard).toEqual([]);
  return open;
};

/** An operator has all that is open tried again, until nothing is. */
const untilAllIsMended = () =>
  eventually(
    async () => {
      const open = await exceptions();
      for (const { customer, kind, subject } of open) await retry(customer, kind, subject);
      return open;
    },
    (open) => open.length === 0,
    PATIENCE_MS,
  );

/** Visibility lags, so it may have been closed meanwhile: then there is nothing to be decided. */
async function retry(customer: string, exception: string, subject: string): Promise<void> {
  await product.api.post(`/v1/customers/${customer}/exceptions/resolve`, {
    ...{ exception, subject, resolution: 'retry', reason: 'the key is mended' },
  });
}

const failedRuns = () =>
  product.temporal.workflow.count(
    `WorkflowType = 'billing' and ExecutionStatus in ('Failed', 'TimedOut', 'Terminated')`,
  );

test('refused while fifty drafts are closed, all fifty are right in the end', async () => {
  await order({ path: '/v1/billing/meters', status: 403, times: 1_000 });
  await advanceAll(end + 60);
  await order({ status: 401, path: '/v1/(invoices|subscriptions|invoiceitems)', times: 60 });
  const told = await eventually(
    exceptions,
    (open) => new Set(open.map(({ customer }) => customer)).size === CUSTOMERS.length,
    PATIENCE_MS,
  );
  expect(new Set(told.map(({ kind }) => kind))).toEqual(new Set(['stripe_refused']));
  expect((await failedRuns()).count).toBe(0);

  // The key is mended, and an operator has everything tried again at once.
  await noMoreFaults();
  await untilAllIsMended();
  await advanceAll(end + 2 * HOUR);
  const invoices = await eventually(
    async () => Promise.all(CUSTOMERS.map(renewalOf)),
    (all) => all.every((invoice) => invoice?.status === 'paid'),
    PATIENCE_MS,
  );
  expect(invoices.map((invoice) => invoice?.total)).toEqual(CUSTOMERS.map(centsOf));
  expect((await failedRuns()).count).toBe(0);
  await untilAllIsMended();
  const deps = { ...product, catalog: await loadCatalog('catalog.yaml') };
  for (const invoice of invoices)
    expect(await checkInvoice(deps, String(invoice?.id))).toMatchObject({ ok: true });
}, 600_000);

async function renewalOf(customer: string) {
  const { stripeCustomerId } = (await product.api.get<{ stripeCustomerId: string }>(
    `/v1/customers/${customer}`,
  )) ?? { stripeCustomerId: '' };
  const { data } = await product.stripe.invoices.list({ customer: stripeCustomerId });
  return data.find(({ billing_reason: reason }) => reason === 'subscription_cycle');
}
