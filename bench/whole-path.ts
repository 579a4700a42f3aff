/** The whole path with API, worker and Temporal: latency to Stripe's meter, history per usage. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { latenciesOfSums, percentile } from './figures';
import type { MeterEventWatch } from './meter-event-watch';

export const TOKENS_PER_EVENT = 100;
const STANDSTILL_LIMIT_MS = 30_000;
const POLL_MS = 50;
const TICK_MS = 10;
/** Left out at the start: the first report of a customer begins a workflow's first task. */
const WARM_UP_SECONDS = 2;

export interface WholePath {
  readonly apiUrl: string;
  readonly adminKey: string;
  readonly ingestKey: string;
  readonly temporal: Client;
  readonly meterEvents: MeterEventWatch;
}

export interface Customer {
  readonly name: string;
  readonly stripeCustomerId: string;
  readonly sentAtMs: number[];
}

export interface Latency {
  readonly eventsPerSecond: number;
  readonly customers: number;
  readonly events: number;
  readonly p50Seconds: number;
  readonly p99Seconds: number;
}

export const latencyCustomer = (number: number): string => `latency-${number}`;

/** Pay-per-token customers: every token is over the allowance, so each must reach Stripe. */
export async function measureLatency(
  path: WholePath,
  load: { customers: number; eventsPerSecond: number; seconds: number },
): Promise<Latency> {
  const names = Array.from({ length: load.customers }, (_, number) => latencyCustomer(number));
  const customers: Customer[] = [];
  // A few at a time: a dozen calls to Stripe stand behind each.
  while (names.length > 0) {
    const some = names.splice(0, 5).map((name) => createCustomer(path, name));
    customers.push(...(await Promise.all(some)));
  }
  let sent = 0;
  const startedAt = performance.now();
  await sendEvenly(path, load, 1, () => customers[sent++ % customers.length] as Customer);
  await untilReported(path, customers);
  const measuredFrom = startedAt + WARM_UP_SECONDS * 1000;
  const latenciesMs = customers.flatMap(({ stripeCustomerId, sentAtMs }) =>
    latenciesOfSums(sentAtMs, reportsOf(path, stripeCustomerId)).filter(
      (_, index) => (sentAtMs[index] as number) >= measuredFrom,
    ),
  );
  return {
    ...load,
    events: latenciesMs.length,
    p50Seconds: percentile(latenciesMs, 50) / 1000,
    p99Seconds: percentile(latenciesMs, 99) / 1000,
  };
}

export interface HistoryGrowth {
  readonly eventsPerSecond: number;
  readonly usageEvents: number;
  readonly historyEvents: number;
  readonly perThousand: number;
}

/** One customer under a sustained load: how much Temporal writes down for it. */
export async function measureHistory(
  path: WholePath,
  load: { eventsPerSecond: number; seconds: number },
): Promise<HistoryGrowth> {
  const customer = await createCustomer(path, `sustained-${load.eventsPerSecond}`);
  const before = await historyLength(path.temporal, customer.name);
  await sendEvenly(path, load, Math.ceil(load.eventsPerSecond / 50), () => customer);
  await untilReported(path, [customer]);
  const historyEvents = (await historyLength(path.temporal, customer.name)) - before;
  const usageEvents = customer.sentAtMs.length;
  return {
    eventsPerSecond: load.eventsPerSecond,
    usageEvents,
    historyEvents,
    perThousand: (historyEvents / usageEvents) * 1000,
  };
}

export async function createCustomer(
  path: WholePath,
  name: string,
  more: { testClock?: string; plan?: string } = {},
): Promise<Customer> {
  const url = `${path.apiUrl}/v1/customers/${name}`;
  const response = await fetch(url, {
    method: 'PUT',
    headers: { authorization: `Bearer ${path.adminKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ email: `${name}@example.com`, plan: 'pay_as_you_go', ...more }),
  });
  const text = await response.text();
  const { stripeCustomerId } = response.ok
    ? (JSON.parse(text) as { stripeCustomerId?: string })
    : {};
  if (stripeCustomerId) return { name, stripeCustomerId, sentAtMs: [] };
  throw new Error(`PUT ${url} answered ${response.status}: ${text}`);
}

/** Sends at the given rate, whatever the answers take: a slow answer must not slow the load. */
export async function sendEvenly(
  path: WholePath,
  { eventsPerSecond, seconds }: { eventsPerSecond: number; seconds: number },
  eventsPerRequest: number,
  next: () => Customer,
): Promise<void> {
  const requests = (eventsPerSecond * seconds) / eventsPerRequest;
  const startedAt = performance.now();
  const answers: Promise<void>[] = [];
  while (answers.length < requests) {
    const elapsedSeconds = (performance.now() - startedAt) / 1000;
    const due = Math.min(requests, (elapsedSeconds * eventsPerSecond) / eventsPerRequest);
    while (answers.length < due) answers.push(send(path, next(), eventsPerRequest));
    await pause(TICK_MS);
  }
  await Promise.all(answers);
}

let lastId = 0;

async function send(path: WholePath, customer: Customer, count: number): Promise<void> {
  const now = performance.now();
  const events = Array.from({ length: count }, () => {
    customer.sentAtMs.push(now);
    lastId += 1;
    const tokens = { input: TOKENS_PER_EVENT };
    return { id: `whole-${lastId}`, customer: customer.name, model: 'gpt-4o-mini', tokens };
  });
  const response = await fetch(`${path.apiUrl}/v1/usage`, {
    method: 'POST',
    headers: { authorization: `Bearer ${path.ingestKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ events }),
  });
  const answer = await response.text();
  const accepted = response.ok ? (JSON.parse(answer) as { accepted: number }).accepted : 0;
  if (accepted !== count) throw new Error(`Usage was answered ${response.status}: ${answer}`);
}

/** Exactly what was sent has reached Stripe: less is lost, more is billed twice. */
export async function untilReported(
  path: WholePath,
  customers: readonly Customer[],
  standstillMs = STANDSTILL_LIMIT_MS,
): Promise<void> {
  const countOf = ({ stripeCustomerId }: Customer) =>
    reportsOf(path, stripeCustomerId).reduce((sum, { events }) => sum + events, 0);
  const isMissing = (customer: Customer) => countOf(customer) < customer.sentAtMs.length;
  let seen = -1;
  let seenAt = 0;
  // Slow is not lost: it is given up only when nothing moves any more.
  while (customers.some(isMissing)) {
    const reported = customers.reduce((sum, customer) => sum + countOf(customer), 0);
    if (reported !== seen) [seen, seenAt] = [reported, performance.now()];
    if (performance.now() - seenAt > standstillMs) break;
    await pause(POLL_MS);
  }
  const wrong = customers.find((customer) => countOf(customer) !== customer.sentAtMs.length);
  if (!wrong) return;
  throw new Error(
    `Of ${wrong.sentAtMs.length} usage events of ${wrong.name}, ${countOf(wrong)} were reported ` +
      `to Stripe, and nothing more came for ${standstillMs / 1000} s: expected each once.`,
  );
}

export const reportsOf = ({ meterEvents }: WholePath, stripeCustomerId: string) =>
  meterEvents
    .taken(stripeCustomerId)
    .map(({ atMs, tokens }) => ({ atMs, events: tokens / TOKENS_PER_EVENT }));

/** Events in the histories of all runs of the customer's workflow. */
async function historyLength(temporal: Client, customer: string): Promise<number> {
  const workflowId = `billing:${customer}`;
  let events = 0;
  // The last run is described, each earlier one is named by the first event of the next.
  let runId: string | undefined;
  do {
    const handle = temporal.workflow.getHandle(workflowId, runId);
    const description = await handle.describe();
    events += description.historyLength;
    const { events: history } = await handle.fetchHistory();
    const started = history?.[0]?.workflowExecutionStartedEventAttributes;
    runId = started?.continuedExecutionRunId || undefined;
  } while (runId !== undefined);
  return events;
}
