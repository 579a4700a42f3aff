/**
 * Goal: webhooks that never arrived are found by the daily reconciliation, and usage that Stripe
 * could not count is told to whoever it is of.
 */
import { statusQuery, stripeEventSignal } from '../../workflows/contract';
import type { LostEventsRun } from '../../workflows/reconciliation';
import { lostEventsText } from '../../src/cli/operator/find-lost-events';
import { RECONCILIATION_ID, findLostEvents } from '../../src/temporal/lost-events-schedule';
import { eventually } from '../support/stack/eventually';
import { advanceClock } from '../support/stripe/test-clock';
import { startProduct } from '../support/stack/product';
import type { Product } from '../support/stack/product';

let product: Product;
beforeAll(async () => {
  product = await startProduct();
  // It comes at half past five by itself, which may be while this runs.
  await schedule().pause('runs when it is told to');
});
afterAll(() => product.stop());

const HOUR = 3600;

const workflow = (customer: string) => product.temporal.workflow.getHandle(`billing:${customer}`);
const stateOf = (customer: string) => workflow(customer).query(statusQuery);
const schedule = () => product.temporal.schedule.getHandle(RECONCILIATION_ID);
const control = async (method: string, path: string, order?: object) => {
  const response = await fetch(`${product.stripeUrl}/_sandbox/${path}`, {
    method,
    ...(order && { body: JSON.stringify(order) }),
    headers: { 'content-type': 'application/json' },
  });
  expect([path, response.status]).toEqual([path, 200]);
};
const usage = (customer: string, id: string, tokens: number, second: number) =>
  product.api.recordUsage(customer, [
    { id, model: 'gpt-4o-mini', tokens: { input: tokens }, second },
  ]);

async function inbox() {
  const { rows } = await product.pool.query<{ id: string; type: string; status: string }>(
    'select id, type, status from stripe_events order by id',
  );
  return rows;
}
async function areDelivered(): Promise<boolean> {
  const response = await fetch(`${product.stripeUrl}/_sandbox/deliveries`);
  const { data } = (await response.json()) as { data: { status: string }[] };
  return data.every(({ status }) => status !== 'pending');
}
/** All that Stripe has told has come, and none of it waits. */
async function inboxIsQuiet() {
  await eventually(areDelivered, (delivered) => delivered);
  return eventually(inbox, (rows) => rows.every(({ status }) => status !== 'waiting'));
}
/** Nothing is left to be told, and what was told is followed. */
async function settled(customer: string) {
  await inboxIsQuiet();
  const state = await eventually(
    () => stateOf(customer),
    (seen) => seen.stripeEvents.length === 0,
  );
  return { inbox: await inbox(), state };
}

const advance = (clock: string, second: number) => advanceClock(product.stripe, clock, second);

let runs = 0;
/** As the schedule would at night. */
async function reconcileNow(): Promise<LostEventsRun> {
  await schedule().trigger();
  runs += 1;
  const { info } = await eventually(
    () => schedule().describe(),
    (described) => described.info.recentActions.length === runs,
  );
  const { workflowId } = info.recentActions.at(-1)!.action.workflow;
  return (await product.temporal.workflow.getHandle(workflowId).result()) as LostEventsRun;
}

/** The hints of meter errors that a customer's workflow was given. */
async function reportsToldTo(customer: string): Promise<string[]> {
  const { events } = await workflow(customer).fetchHistory();
  return (events ?? []).flatMap(({ workflowExecutionSignaledEventAttributes: signal }) => {
    if (signal?.signalName !== stripeEventSignal.name) return [];
    const hint = JSON.parse(
      Buffer.from(signal.input?.payloads?.[0]?.data ?? []).toString('utf8'),
    ) as { type: string; objectId: string };
    return hint.type === 'v1.billing.meter.error_report_triggered' ? [hint.objectId] : [];
  });
}

test('the worker makes the schedule: daily, one run at a time, hours of patience', async () => {
  const { spec, policies, action } = await schedule().describe();
  expect(spec.calendars).toHaveLength(1);
  expect(policies).toMatchObject({ overlap: 'SKIP', catchupWindow: 12 * HOUR * 1000 });
  expect(action).toMatchObject({ workflowType: 'reconciliation', taskQueue: 'billing' });
});

test('a renewal of which no webhook came is found, once, and the period is closed', async () => {
  const start = Math.floor(Date.now() / 1000);
  const clock = await product.stripe.testHelpers.testClocks.create({ frozen_time: start });
  const email = 'ada@example.com';
  await product.api.put('/v1/customers/ada', { email, plan: 'starter', testClock: clock.id });
  await product.api.put('/v1/customers/idle', { email, plan: 'starter' });
  await usage('ada', 'first', 150_000, start + 1);
  const { periods } = await eventually(
    () => stateOf('ada'),
    (seen) => seen.periods[0]?.rates.overage_standard?.reportedTokens === 50_000,
  );
  await inboxIsQuiet();
  const end = Number(periods[0]?.end);

  // All that arrived is known, and nobody waits for anything.
  const received = await inbox();
  expect(await reconcileNow()).toMatchObject({ eventsRecovered: {}, customersHinted: 0 });
  expect(await inbox()).toEqual(received);

  await control('POST', 'faults', { webhooks: 'drop', times: 'always' });
  await advance(clock.id, end + 5 * HOUR);
  await control('DELETE', 'faults');
  expect(await inbox()).toEqual(received);
  expect((await stateOf('ada')).periods).toMatchObject([{ phase: 'open' }]);

  const found = await reconcileNow();
  expect(found.eventsRecovered).toMatchObject({
    'customer.subscription.updated': 1,
    'invoice.created': 1,
    'invoice.paid': 1,
  });
  expect(found).toMatchObject({ customers: ['ada'], customersHinted: 1, fault: null });
  const after = await eventually(
    () => stateOf('ada'),
    (seen) => seen.periods.length === 1 && seen.periods[0]?.start === end,
  );
  expect(after).toMatchObject({ exceptions: [], billingStatus: 'active' });
  const invoices = await product.stripe.invoices.list({ customer: String(after.stripeCustomerId) });
  expect(invoices.data.map(({ status: paid, total }) => [paid, total])).toEqual([
    ['paid', 2900 + 15],
    ['paid', 2900],
  ]);

  const before = await settled('ada');
  expect(await reconcileNow()).toMatchObject({ eventsRecovered: {}, customersHinted: 0 });
  const byHand = lostEventsText(await findLostEvents(product.temporal));
  expect(byHand).toMatch(/^events read +\d+\nrecovered +0\ncustomers hinted +0$/);
  expect(await settled('ada')).toEqual(before);
});

test('usage that Stripe takes and cannot count is told to the customers it is of', async () => {
  for (const customer of ['bo', 'cy', 'di'])
    await product.api.put(`/v1/customers/${customer}`, {
      email: `${customer}@example.com`,
      plan: 'pay_as_you_go',
    });
  // Not before: usage from before a customer began is nobody's.
  const now = Math.floor(Date.now() / 1000);
  const meters = await product.stripe.billing.meters.list({ limit: 100 });
  const meter = meters.data.find((one) => one.event_name === 'tollkeeper_payg_standard');
  await control('POST', 'lag', { validation: 'later' });
  await product.stripe.billing.meters.deactivate(String(meter?.id));
  await usage('bo', 'bo-1', 1_000, now);
  await usage('cy', 'cy-1', 2_000, now);

  for (const customer of ['bo', 'cy']) {
    const told = await eventually(
      () => reportsToldTo(customer),
      ({ length }) => length > 0,
    );
    // Not before: a report is of a subscription, which is made after the customer was put.
    const { subscriptionId, periods } = await stateOf(customer);
    expect(told).toEqual([`${subscriptionId}:${periods[0]?.start}:payg_standard:1`]);
  }
  expect(await reportsToldTo('di')).toEqual([]);
  const reports = (await inboxIsQuiet()).filter(({ type }) => type.startsWith('v1.billing.meter.'));
  expect(new Set(reports.map((row) => row.status))).toEqual(new Set(['forwarded']));
});
