/**
 * Goal: workflows that release 0.1.0 began go on in the code of today: in an open period, in a
 * draft's hour, and in dunning. Method: a worker with 0.1.0's own workflow code is replaced by one
 * of today, on the same server; what it began is billed to the cent.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadCatalog } from '../../src/stripe/catalog-file';
import { statusQuery } from '../../workflows/contract';
import { eventually } from '../support/stack/eventually';
import { startProduct } from '../support/stack/product';
import type { Product } from '../support/stack/product';
import { workflowsOfRelease } from '../support/workflows/released-workflows';
import { advanceClock } from '../support/stripe/test-clock';
import { checkInvoice } from '../../src/cli/proof/invoice-verification';

/** 1,000,000 over Starter's allowance: $3.00. */
const TOKENS = 1_100_000;
const DUE = 2900 + 300;
const HOUR = 3_600;
/** A task that Temporal had given to the worker that stopped is tried again after a minute. */
const PATIENCE_MS = 150_000;

let dir: string;
let product: Product;
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'takes-over-'));
  const bundle = workflowsOfRelease('0.1.0', dir);
  product = await startProduct({ WORKFLOW_BUNDLE: bundle, LOG_LEVEL: 'silent' });
}, 300_000);
afterAll(async () => {
  await product.stop();
  rmSync(dir, { recursive: true, force: true });
});

const runOf = (customer: string) => product.temporal.workflow.getHandle(`billing:${customer}`);
const state = (customer: string) => runOf(customer).query(statusQuery);
type State = Awaited<ReturnType<typeof state>>;
const stateUntil = (customer: string, isThere: (seen: State) => boolean) =>
  eventually(() => state(customer), isThere, PATIENCE_MS);

interface Customer {
  readonly clock: string;
  readonly id: string;
}

async function aCustomer(id: string): Promise<Customer> {
  const { id: clock } = await product.stripe.testHelpers.testClocks.create({
    frozen_time: Math.floor(Date.now() / 1000),
  });
  await product.api.put(`/v1/customers/${id}`, {
    ...{ email: `${id}@example.com`, plan: 'starter', testClock: clock },
  });
  await stateUntil(id, ({ periods }) => periods.length === 1);
  return { clock, id };
}

const current = async (id: string) => (await state(id)).periods.at(-1) as State['periods'][number];

async function use({ id }: Customer): Promise<void> {
  const { start, usedTokens } = await current(id);
  const event = { id: `${id}-${start}`, model: 'gpt-4o-mini', second: start + 60 };
  await product.api.recordUsage(id, [{ ...event, tokens: { input: TOKENS } }]);
  await stateUntil(id, ({ periods }) => periods.at(-1)?.usedTokens === usedTokens + TOKENS);
}

/** To the draft's hour, or on to the paid invoice. */
async function toDraft({ id, clock }: Customer): Promise<number> {
  const { end } = await current(id);
  await advanceClock(product.stripe, clock, end + 60);
  await stateUntil(id, ({ periods }) => periods.length === 2 && periods[0]?.phase === 'reconciled');
  return end;
}

/** The API of 0.1.0 held no draft: what today's did is undone. */
async function asUnheld(id: string): Promise<void> {
  const { periods } = await state(id);
  await product.stripe.invoices.update(String(periods[0]?.invoice?.id), {
    ...{ auto_advance: true, metadata: { tollkeeper_hold: '' } },
  });
}

async function toPaid({ id, clock }: Customer, end: number): Promise<void> {
  await advanceClock(product.stripe, clock, end + 2 * HOUR);
  await stateUntil(id, ({ periods }) => periods.length === 1);
}

async function declineNext(id: string): Promise<void> {
  const { stripeCustomerId: customer } = await state(id);
  await fetch(`${product.stripeUrl}/_sandbox/fail-next-payment`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ customer, code: 'card_declined' }),
  });
}

/** The invoices of the renewals, oldest first, each proved from the ledger. */
async function renewals(id: string) {
  const { subscriptionId } = await state(id);
  const { data } = await product.stripe.invoices.list({ subscription: String(subscriptionId) });
  const cycles = data.filter((one) => one.billing_reason === 'subscription_cycle').reverse();
  const deps = { ...product, catalog: await loadCatalog('catalog.yaml') };
  return Promise.all(
    cycles.map(async ({ id: invoice, total, status: at }) => {
      const { ok } = await checkInvoice(deps as never, String(invoice));
      return { total, status: at, isExplained: ok };
    }),
  );
}

const PAID = { total: DUE, status: 'paid', isExplained: true };

test('what 0.1.0 began goes on in today’s code and is billed to the cent', async () => {
  const [ada, bo, cy] = [await aCustomer('ada'), await aCustomer('bo'), await aCustomer('cy')];
  // Ada: a month of 0.1.0 from beginning to end, and another that is open at the takeover.
  await use(ada);
  const adaEnd = await toDraft(ada);
  await asUnheld('ada');
  await toPaid(ada, adaEnd);
  await use(ada);
  // Bo: a draft that 0.1.0 compared and today's API holds, as while a release rolls out.
  await use(bo);
  const boEnd = await toDraft(bo);
  // Cy: declined, and in dunning at the takeover.
  await use(cy);
  await declineNext('cy');
  const cyEnd = await toDraft(cy);
  await asUnheld('cy');
  await advanceClock(product.stripe, cy.clock, cyEnd + 2 * HOUR);
  const { dunning } = await stateUntil('cy', (seen) => seen.dunning[0]?.day === 0);
  const { runId } = await runOf('ada').describe();

  await product.deploy({ WORKFLOW_BUNDLE: String(process.env.TEST_WORKFLOW_BUNDLE) });

  await toPaid(ada, await toDraft(ada));
  // Any message will do; without one, the daily reconciliation hints at an overdue period.
  await use(bo);
  await toPaid(bo, boEnd);
  const { stripeCustomerId } = await state('cy');
  const card = await product.stripe.paymentMethods.attach('pm_card_mastercard', {
    customer: String(stripeCustomerId),
  });
  const unpaid = String(dunning[0]?.invoiceId);
  await product.stripe.invoices.pay(unpaid, { payment_method: card.id });
  await stateUntil('cy', ({ periods, dunning: open }) => periods.length === 1 && !open[0]);

  // The run that 0.1.0 began has itself gone on to its end.
  const begun = await product.temporal.workflow.getHandle('billing:ada', runId).describe();
  expect(begun.status.name).toBe('CONTINUED_AS_NEW');
  // And the month after it is today's altogether.
  await use(ada);
  await toPaid(ada, await toDraft(ada));

  expect(await renewals('ada')).toEqual([PAID, PAID, PAID]);
  expect(await renewals('bo')).toEqual([PAID]);
  expect(await renewals('cy')).toEqual([PAID]);
  for (const { id } of [ada, bo, cy]) expect((await state(id)).exceptions).toEqual([]);
  const failed = "ExecutionStatus = 'Failed' or ExecutionStatus = 'TimedOut'";
  expect((await product.temporal.workflow.count(failed)).count).toBe(0);
}, 600_000);
