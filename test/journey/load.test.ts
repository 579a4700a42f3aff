/**
 * Goal: one customer's burst, every usage event sent twice by twenty senders at once, is counted
 * once; and two calls on either side of a period's last second are billed in different periods.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { scanLedger } from '../../src/db/usage-reports';
import { statementQuery, statusQuery } from '../../workflows/contract';
import { eventually } from '../support/stack/eventually';
import { sumMeters } from '../support/stripe/meter-sum';
import { startProduct } from '../support/stack/product';
import type { Product } from '../support/stack/product';

const EVENTS = 20_000;
const SENDERS = 20;
const EVENTS_PER_REQUEST = 100;
const TOKENS_PER_EVENT = 37;

let product: Product;
beforeAll(async () => {
  product = await startProduct();
});
afterAll(() => product.stop());

interface Answer {
  readonly accepted: number;
  readonly duplicates: number;
  readonly rejected: number;
}

async function post(events: readonly unknown[]): Promise<Answer> {
  for (;;) {
    const response = await fetch(`${product.apiUrl}/v1/usage`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${product.ingestKey}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify({ events }),
    });
    // Too many at once is an answer an app must expect: it waits and sends the same again.
    if (response.status === 429) await pause(50);
    else return (await response.json()) as Answer;
  }
}

const workflow = (customer: string) => product.temporal.workflow.getHandle(`billing:${customer}`);

test('20,000 usage events, each sent twice by 20 senders: 20,000 accepted, 20,000 duplicates, totals exact', async () => {
  await product.api.put('/v1/customers/burst', { email: 'burst@example.com', plan: 'starter' });
  const occurredAt = new Date().toISOString();
  const events = Array.from({ length: EVENTS }, (_, at) => ({
    id: `burst-${at}`,
    customer: 'burst',
    model: 'gpt-4o-mini',
    tokens: { input: TOKENS_PER_EVENT },
    occurredAt,
  }));
  const requests = Array.from({ length: EVENTS / EVENTS_PER_REQUEST }, (_, at) =>
    events.slice(at * EVENTS_PER_REQUEST, (at + 1) * EVENTS_PER_REQUEST),
  ).flatMap((request) => [request, request]);
  const sums = { accepted: 0, duplicates: 0, rejected: 0 };
  const sender = async () => {
    for (let request = requests.shift(); request; request = requests.shift()) {
      const answer = await post(request);
      sums.accepted += answer.accepted;
      sums.duplicates += answer.duplicates;
      sums.rejected += answer.rejected;
    }
  };
  await Promise.all(Array.from({ length: SENDERS }, sender));
  expect(sums).toEqual({ accepted: EVENTS, duplicates: EVENTS, rejected: 0 });

  const used = EVENTS * TOKENS_PER_EVENT;
  const overage = used - 100_000;
  const state = await eventually(
    () => workflow('burst').query(statusQuery),
    ({ periods }) => periods[0]?.rates.overage_standard?.reportedTokens === overage,
    60_000,
  );
  const [period] = state.periods;
  expect(period?.usedTokens).toBe(used);
  const ledger = await scanLedger(
    product.pool,
    'burst',
    Number(period?.start),
    Number(period?.end),
  );
  expect(ledger.usedTokens).toBe(used);
  const month = { start: Number(period?.start), end: Number(period?.end) };
  const stripeCustomerId = String(state.stripeCustomerId);
  const meter = 'tollkeeper_overage_standard';
  expect(await sumMeters(product.stripe, meter, stripeCustomerId, month)).toBe(overage);
}, 180_000);

test('the burst failed no workflow task and brought at most 1,000 signals to any run', async () => {
  const query = 'WorkflowId = "billing:burst"';
  let runs = 0;
  for await (const { runId } of product.temporal.workflow.list({ query })) {
    runs += 1;
    const { events } = await product.temporal.workflow
      .getHandle('billing:burst', runId)
      .fetchHistory();
    const signals = events?.filter((event) => event.workflowExecutionSignaledEventAttributes);
    const failed = events?.filter((event) => event.workflowTaskFailedEventAttributes);
    expect(failed).toEqual([]);
    expect(signals?.length).toBeLessThanOrEqual(1_000);
  }
  expect(runs).toBeGreaterThan(0);
});

test('usage of a period’s last second and of the next one’s first are billed in different periods', async () => {
  const { stripe, api } = product;
  const clock = await stripe.testHelpers.testClocks.create({
    frozen_time: Math.floor(Date.now() / 1000),
  });
  await api.put('/v1/customers/edge', {
    email: 'edge@example.com',
    plan: 'pay_as_you_go',
    testClock: clock.id,
  });
  const first = await eventually(
    () => workflow('edge').query(statusQuery),
    ({ periods }) => periods.length === 1,
  );
  const end = Number(first.periods[0]?.end);
  await stripe.testHelpers.testClocks.advance(clock.id, { frozen_time: end + 60 });
  await eventually(
    () => stripe.testHelpers.testClocks.retrieve(clock.id),
    (read) => read.status === 'ready',
  );
  await api.recordUsage('edge', [
    { id: 'edge-last', model: 'gpt-4o-mini', tokens: { input: 1_000_000 }, second: end - 1 },
    { id: 'edge-first', model: 'gpt-4o-mini', tokens: { output: 3_000_000 }, second: end },
  ]);
  const statements = await eventually(
    () => workflow('edge').query(statementQuery),
    (found) => found[1]?.rates[1]?.reportedTokens === 3_000_000,
  );
  expect(statements.map(({ usedTokens }) => usedTokens)).toEqual([1_000_000, 3_000_000]);
  await stripe.testHelpers.testClocks.advance(clock.id, { frozen_time: end + 2 * 3600 });
  const paid = await eventually(
    () => stripe.invoices.list({ customer: String(first.stripeCustomerId) }),
    ({ data }) => data.some((invoice) => invoice.status === 'paid'),
  );
  // $2.00 per million: only the last second's million is on the ended period's invoice.
  expect(paid.data.map((invoice) => invoice.total)).toEqual([200]);
});

test('a customer’s usage can be asked for the moment after it was created', async () => {
  await product.api.put('/v1/customers/eager', { email: 'eager@example.com', plan: 'starter' });
  const report = await product.api.get<{ plan: string; usedTokens: number }>(
    '/v1/customers/eager/usage',
  );
  expect(report).toMatchObject({ plan: 'starter', includedTokens: 100_000, usedTokens: 0 });
});

test('a month leapt over in one step, the moment after the usage, is billed in full', async () => {
  const { stripe, api } = product;
  const { testClocks } = stripe.testHelpers;
  const start = Math.floor(Date.now() / 1000);
  const clock = await testClocks.create({ frozen_time: start });
  await api.put('/v1/customers/leap', {
    email: 'leap@example.com',
    plan: 'starter',
    testClock: clock.id,
  });
  await api.recordUsage('leap', [
    { id: 'leap-1', model: 'gpt-4o-mini', tokens: { input: 150_000 }, second: start + 1 },
  ]);
  await testClocks.advance(clock.id, { frozen_time: start + 32 * 86_400 });
  const archived = await eventually(
    () => workflow('leap').query(statusQuery),
    ({ periods }) => periods.length === 1 && Number(periods[0]?.start) > start,
  );
  expect(archived.exceptions).toEqual([]);
  const invoices = await stripe.invoices.list({ customer: String(archived.stripeCustomerId) });
  expect(invoices.data.map(({ status: paid, total }) => [paid, total])).toEqual([
    ['paid', 2915],
    ['paid', 2900],
  ]);
});
