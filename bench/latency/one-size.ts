/**
 * So many customers: what they cost while nobody uses anything, and how long usage takes to Stripe
 * and to open pages while all do, with urgent steps among it.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Pool } from 'pg';
import { openPage, untilShown } from '../dashboard-latency';
import type { OpenPage } from '../dashboard-latency';
import { latenciesOfSums, percentile, readable } from '../figures';
import type { ReportedSum } from '../figures';
import type { AnsweredCall } from '../meter-event-watch';
import { reportsOf, untilReported } from '../whole-path';
import type { Customer, WholePath } from '../whole-path';
import { costRates, costsOf, reportCosts } from './costs';
import type { Costly, CostRates, Costs, ReportCosts } from './costs';
import { sendByChance } from './load';
import type { Stand } from './stand';
import { createUrgent, takeUrgentSteps } from './urgent';
import type { UrgentSteps } from './urgent';

export const EVENTS_PER_SECOND = 500;
const OPEN_PAGES = 50;
const URGENT_CUSTOMERS = 15;
const IDLE_SECONDS = 20;
/** More than the longest interval between two reports, and what is in the queue by then. */
const STANDSTILL_MS = 180_000;
const SETTLING_MS = 5_000;

export interface Percentiles {
  readonly events: number;
  readonly p50Seconds: number;
  readonly p99Seconds: number;
  readonly maxSeconds: number;
}

export type CostsOfTime = CostRates & Pick<Costs, 'residentMegabytes'>;

export interface MeasuredLoad {
  readonly loadSeconds: number;
  readonly idle: CostsOfTime;
  readonly busy: CostsOfTime;
  /** It has what was sent in the second half of the load. */
  readonly toStripe: Percentiles;
  /** It has what was sent before: workers have just begun, and know neither workflow nor pace. */
  readonly toStripeAtFirst: Percentiles;
  readonly toPage: Percentiles;
  readonly urgent: UrgentSteps;
  readonly reports: number;
  /** The most in any second. */
  readonly reportsPerSecondMax: number;
  readonly otherCallsPerSecondMax: number;
  /** It goes on until the last was reported, and has what was urgent in it. */
  readonly perReport: ReportCosts;
}

type Progress = (line: string) => void;

const IDLE_LOOK_MS = 5_000;
const IDLE_LOOKS_MAX = 360;
const IDLE_TASKS_PER_SECOND = 1;

export async function measureLoad(
  stand: Stand,
  customers: readonly Customer[],
  seconds: number,
  progress: Progress,
): Promise<MeasuredLoad> {
  const { costly, stop } = await stand.start('usual');
  try {
    const urgentCustomers = await createUrgent(stand, `${customers.length}`, URGENT_CUSTOMERS);
    await untilQuiet(stand.pool);
    await untilIdle(costly);
    progress(`nobody uses anything for ${IDLE_SECONDS} s`);
    const idle = await costsDuring(costly, () => pause(IDLE_SECONDS * 1000));
    progress(`${EVENTS_PER_SECOND} events/s for ${seconds} s`);
    const measuring = await beginMeasuring(stand.path, customers, seconds);
    const before = await costsOf(costly);
    const urgentSteps = takeUrgentSteps(stand, urgentCustomers, seconds);
    // Whoever waits for them below hears of it.
    urgentSteps.catch(() => undefined);
    const load = { eventsPerSecond: EVENTS_PER_SECOND, seconds };
    const busy = await costsDuring(costly, () =>
      sendByChance(stand.path, customers, load, stand.random),
    );
    progress('everything is sent');
    const measured = await measuring.end();
    const perReport = reportCosts(before, await costsOf(costly), measured.reports);
    progress(
      `p99 ${readable(measured.toStripe.p99Seconds)} s to Stripe, ` +
        `${readable(measured.toPage.p99Seconds)} s to the page`,
    );
    return { loadSeconds: seconds, idle, busy, ...measured, perReport, urgent: await urgentSteps };
  } finally {
    await stop();
  }
}

/** What Stripe told is followed. */
export async function untilQuiet(pool: Pool): Promise<void> {
  for (;;) {
    const { rows } = await pool.query<{ waiting: number }>(
      `select count(*)::int as waiting from stripe_events where status = 'waiting'`,
    );
    if (rows[0]?.waiting === 0) break;
    await pause(500);
  }
  await pause(SETTLING_MS);
}

/** Making many customers leaves work to the worker that outlasts it by minutes. */
async function untilIdle(costly: Parameters<typeof costsDuring>[0]): Promise<void> {
  for (let looks = 0; looks < IDLE_LOOKS_MAX; looks += 1) {
    const { workflowTasksPerSecond } = await costsDuring(costly, () => pause(IDLE_LOOK_MS));
    if (workflowTasksPerSecond < IDLE_TASKS_PER_SECOND) return;
  }
  throw new Error(
    `Nobody uses anything, and workers are busy after ${(IDLE_LOOKS_MAX * IDLE_LOOK_MS) / 60_000} min.`,
  );
}

/** The end waits until everything that was sent is at Stripe, and on the pages. */
async function beginMeasuring(path: WholePath, customers: readonly Customer[], seconds: number) {
  for (const customer of customers) customer.sentAtMs.length = 0;
  const earlierReports = customers.map((each) => reportsOf(path, each.stripeCustomerId).length);
  const earlierCalls = path.meterEvents.calls.length;
  const pages = await Promise.all(
    customers.slice(0, OPEN_PAGES).map((customer) => openPage(path, customer)),
  );
  const beganMs = performance.now();
  const end = async () => {
    try {
      const ours = { ...path, meterEvents: withoutEarlier(path, customers, earlierReports) };
      await untilReported(ours, customers, STANDSTILL_MS);
      await untilShown(pages, STANDSTILL_MS);
      const reported = customers.map(
        (each) => [each, reportsOf(ours, each.stripeCustomerId)] as const,
      );
      const since = beganMs + seconds * 500;
      const toStripe = percentiles(reported, (atMs) => atMs >= since);
      const toStripeAtFirst = percentiles(reported, (atMs) => atMs < since);
      const toPage = percentiles(
        pages.map(({ customer, views }) => [customer, views]),
        (atMs) => atMs >= since,
      );
      return {
        toStripe,
        toStripeAtFirst,
        toPage,
        ...callsOf(path.meterEvents.calls.slice(earlierCalls)),
      };
    } finally {
      pages.forEach((page: OpenPage) => page.close());
    }
  };
  return { end };
}

/** Reports of the loads before are not this one's. */
function withoutEarlier(
  { meterEvents }: WholePath,
  customers: readonly Customer[],
  earlierReports: readonly number[],
): WholePath['meterEvents'] {
  const earlier = new Map(
    customers.map(({ stripeCustomerId }, index) => [stripeCustomerId, earlierReports[index]]),
  );
  return { ...meterEvents, taken: (id) => meterEvents.taken(id).slice(earlier.get(id)) };
}

function callsOf(calls: readonly AnsweredCall[]) {
  const isReport = ({ path }: AnsweredCall) => path === '/v1/billing/meter_events';
  const reports = calls.filter(isReport);
  return {
    reports: reports.length,
    reportsPerSecondMax: mostInASecond(reports),
    otherCallsPerSecondMax: mostInASecond(calls.filter((call) => !isReport(call))),
  };
}

type Reported = readonly (readonly [Customer, readonly ReportedSum[]])[];

function percentiles(all: Reported, isMeant: (sentAtMs: number) => boolean): Percentiles {
  const latenciesMs = all.flatMap(([{ sentAtMs }, sums]) =>
    latenciesOfSums(sentAtMs, sums).filter((_, index) => isMeant(Number(sentAtMs[index]))),
  );
  return {
    events: latenciesMs.length,
    p50Seconds: percentile(latenciesMs, 50) / 1000,
    p99Seconds: percentile(latenciesMs, 99) / 1000,
    maxSeconds: percentile(latenciesMs, 100) / 1000,
  };
}

async function costsDuring(costly: Costly, work: () => Promise<unknown>): Promise<CostsOfTime> {
  const from = await costsOf(costly);
  await work();
  const to = await costsOf(costly);
  return { ...costRates(from, to), residentMegabytes: to.residentMegabytes };
}

function mostInASecond(calls: readonly AnsweredCall[]): number {
  const counts = new Map<number, number>();
  for (const { atMs } of calls) {
    const second = Math.floor(atMs / 1000);
    counts.set(second, (counts.get(second) ?? 0) + 1);
  }
  return Math.max(0, ...counts.values());
}
