/**
 * Goal: a year of twenty customers with mixed plans, on Temporal's time-skipping server and the
 * sandbox's clocks in step: every invoice equals the oracle's.
 */
import '../life/in-memory-database';
import type Stripe from 'stripe';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import { createStripeActivities } from '../../activities';
import type { Statement } from '../../src/core/invoices/statement';
import { hintSubject } from '../../src/core/state/stripe-event';
import {
  BILLING_TASK_QUEUE,
  BILLING_WORKFLOW_TYPE,
  stripeEventSignal,
  STRIPE_METERS_TASK_QUEUE,
  STRIPE_TASK_QUEUE,
  usageRecordedSignal,
} from '../../workflows/contract';
import { eventually } from '../support/stack/eventually';
import { timeSkippingEnvironment } from '../support/stack/temporal';
import '../support/stack/quiet-temporal';
import { openBooks } from '../life/books';
import type { Books } from '../life/books';
import { DAY, HOUR } from '../life/calendar';
import { chance } from '../life/chance';
import { CATALOG, overageCents, overages, termsIn } from '../life/oracle';
import type { Overage } from '../life/oracle';
import { Stage } from '../life/stage';
import { people } from '../life/stand-ins';
import { subscribe } from '../life/subscribe';

jest.setTimeout(900_000);

const PLANS = ['pay_as_you_go', 'starter', 'pro', 'enterprise'] as const;
const CUSTOMERS = Number(process.env.YEAR_CUSTOMERS ?? 20);
const MONTHS = Number(process.env.YEAR_MONTHS ?? 12);

interface Tenant {
  readonly name: string;
  readonly plan: (typeof PLANS)[number];
  readonly stripeCustomerId: string;
  readonly subscriptionId: string;
  readonly clock: string;
  readonly books: Books;
  readonly usage: { second: number; model: string; tokens: number }[];
  readonly periods: { start: number; end: number }[];
  lastHeard?: string;
}

let env: TestWorkflowEnvironment;
let stage: Stage;
let now: number;
const tenants = new Map<string, Tenant>();
const random = chance(20);
const stops: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  env = await timeSkippingEnvironment();
  stage = await Stage.open();
  now = Math.floor((await env.currentTimeMs()) / 1000);
  const activities = activitiesOfAll();
  const shared = { connection: env.nativeConnection, activities, shutdownForceTime: '2 seconds' };
  const workers = [
    await Worker.create({
      ...shared,
      taskQueue: BILLING_TASK_QUEUE,
      workflowBundle: { codePath: String(process.env.TEST_WORKFLOW_BUNDLE) },
    }),
    await Worker.create({ ...shared, taskQueue: STRIPE_TASK_QUEUE }),
    await Worker.create({ ...shared, taskQueue: STRIPE_METERS_TASK_QUEUE }),
  ];
  const running = Promise.allSettled(workers.map((worker) => worker.run()));
  stops.push(async () => {
    for (const worker of workers) worker.shutdown();
    await running;
  });
});
afterAll(async () => {
  for (const stop of stops) await stop();
  await stage.close();
  await env.teardown();
});

/** Stripe's are the real ones; our books are each customer's own. */
function activitiesOfAll() {
  const { stripe, catalog } = stage;
  const deps = {
    ...{ pool: undefined as never, stripe, catalog },
    drainLedger: async () => 0,
    takeUsage: async () => [],
    signalStripeEvent: async () => undefined,
    now: () => now * 1000,
  };
  const names = Object.keys(openBooks(catalog).activities);
  const dispatched = names.map((name) => [
    name,
    (request: { customer: string }) => {
      const { activities } = tenants.get(request.customer)?.books ?? {};
      return activities?.[name as 'notify']?.(request as never);
    },
  ]);
  return { ...createStripeActivities(deps), ...Object.fromEntries(dispatched) } as object;
}

async function moveIn(at: number): Promise<Tenant> {
  const plan = PLANS[at % PLANS.length] as Tenant['plan'];
  const subscribed = await subscribe(stage, { name: `tenant-${at}`, plan, start: now });
  const books = openBooks(stage.catalog);
  const tenant: Tenant = { ...subscribed, plan, books, usage: [], periods: [] };
  tenants.set(tenant.name, tenant);
  people.set(tenant.name, {
    stripeCustomerId: tenant.stripeCustomerId,
    ...{ customer: tenant.name, plan, autoUpgrade: false },
    subscriptionId: tenant.subscriptionId,
  });
  await env.client.workflow.start(BILLING_WORKFLOW_TYPE, {
    workflowId: `billing:${tenant.name}`,
    taskQueue: BILLING_TASK_QUEUE,
    args: [{ customer: tenant.name }],
  });
  return tenant;
}

const handle = ({ name }: Tenant) => env.client.workflow.getHandle(`billing:${name}`);

async function use(tenant: Tenant, second: number): Promise<void> {
  const model = random() < 0.3 ? 'gpt-4o' : 'gpt-4o-mini';
  const tokens = Math.floor(random() * 400_000);
  tenant.usage.push({ second, model, tokens });
  const batch = tenant.books.seal([{ second, model, tokenType: 'input', tokens }]);
  await handle(tenant).signal(usageRecordedSignal, { batches: [batch] });
}

/** Both clocks; then everybody hears Stripe's news. */
async function moveTo(second: number): Promise<void> {
  await env.sleep((second - now) * 1000);
  now = second;
  for (const tenant of tenants.values()) await stage.advance(tenant.clock, second);
  const { data } = await stage.stripe.events.list({ limit: 100, ...after });
  const events = await newEvents(data);
  for (const event of events) {
    const { customer, id: objectId } = event.data.object as { customer?: string; id?: string };
    const tenant = [...tenants.values()].find((one) => one.stripeCustomerId === customer);
    if (!tenant || !objectId || !hintSubject(event.type)) continue;
    const { id, type, created } = event;
    await handle(tenant).signal(stripeEventSignal, { id, type, objectId, created });
  }
}

let after: { ending_before?: string } = {};
async function newEvents(first: Stripe.Event[]): Promise<Stripe.Event[]> {
  const all: Stripe.Event[] = [];
  for (let page = first; page.length > 0;) {
    all.push(...[...page].reverse());
    after = { ending_before: page[0]?.id };
    page = (await stage.stripe.events.list({ limit: 100, ...after })).data;
  }
  return all;
}

/** By what the workflow writes down: this server is slow to answer questions as runs end. */
function until(tenant: Tenant, check: (periods: readonly Statement[]) => boolean) {
  return eventually(() => [...tenant.books.statements.values()], check);
}

const phaseOf = (periods: readonly Statement[], start: number) =>
  periods.find(({ periodStart }) => periodStart === start)?.phase;

test('twelve renewals of twenty customers, to the cent', async () => {
  for (let at = 0; at < CUSTOMERS; at += 1) await moveIn(at);
  for (let month = 0; month < MONTHS; month += 1) {
    const all = [...tenants.values()];
    const subscription = await stage.stripe.subscriptions.retrieve(String(all[0]?.subscriptionId));
    const item = subscription.items.data[0];
    const start = Number(item?.current_period_start);
    const end = Number(item?.current_period_end);
    for (const tenant of all) tenant.periods.push({ start, end });
    await moveTo(start + 10 * DAY);
    for (const tenant of all) await use(tenant, now);
    await moveTo(end - 60);
    for (const tenant of all) await use(tenant, start + Math.floor(random() * (end - start)));
    await moveTo(end + 60);
    for (const tenant of all)
      await until(tenant, (periods) => phaseOf(periods, start) === 'reconciled');
    await moveTo(end + 2 * HOUR);
    for (const tenant of all) await until(tenant, (periods) => phaseOf(periods, start) === 'paid');
  }
  for (const tenant of tenants.values()) await expectYear(tenant);
});

async function expectYear({ stripeCustomerId, plan, periods, usage }: Tenant): Promise<void> {
  const invoices = await stage.stripe.invoices
    .list({ customer: stripeCustomerId, limit: 100 })
    .autoPagingToArray({ limit: 1_000 });
  const renewals = invoices.filter((one) => one.billing_reason === 'subscription_cycle').reverse();
  const terms = termsIn(CATALOG, plan);
  const all = periods.map((period) => ({ ...period, terms, isTrial: false, baseCents: 0 }));
  const overage = overages(all, usage, []);
  const expected = periods.map(({ start }) => ({
    status: 'paid',
    total: terms.baseCents + overageCents(overage.get(start) as Overage, terms),
  }));
  expect(renewals.map(({ status, total }) => ({ status, total }))).toEqual(expected);
}
