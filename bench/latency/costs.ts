/** What the processes cost: processor, memory, Temporal's tasks, Postgres' transactions. */
import type { Pool } from 'pg';
import { costsOfProcesses } from '../command/process-costs';

export type ProcessName = 'api' | 'worker' | 'postgres' | 'temporal' | 'sandbox' | 'bench';

/** So much of it so far, since the processes began. */
export interface Costs {
  readonly atMs: number;
  readonly cpuSeconds: Readonly<Record<ProcessName, number>>;
  readonly residentMegabytes: Readonly<Record<ProcessName, number>>;
  /** Committed and rolled back. */
  readonly transactions: number;
  /** The sums of counters of Temporal's SDK in the worker, by name. */
  readonly temporal: Readonly<Record<string, number>>;
}

/** Costs between two moments, each a second. */
export interface CostRates {
  readonly seconds: number;
  readonly cores: Readonly<Record<ProcessName, number>>;
  readonly transactionsPerSecond: number;
  readonly workflowTasksPerSecond: number;
  readonly activityTasksPerSecond: number;
  /** Workflow tasks that had to read a history anew. */
  readonly replaysPerSecond: number;
}

/** What all of the work of a load cost, for each report of it, however long it took. */
export interface ReportCosts {
  readonly cpuMilliseconds: Readonly<Record<ProcessName, number>>;
  readonly transactions: number;
  readonly workflowTasks: number;
  readonly activityTasks: number;
  readonly replays: number;
}

/** Each of the SDK's tasks found its workflow in memory, or read its history. */
const TASKS = 'temporal_workflow_task_queue_poll_succeed';
const TASKS_FROM_MEMORY = 'temporal_sticky_cache_hit';

const COUNTERS = {
  workflowTasks: 'temporal_workflow_task_execution_latency_count',
  activityTasks: 'temporal_activity_execution_latency_count',
} as const;

export interface Costly {
  readonly pids: Readonly<Record<ProcessName, number>>;
  readonly pool: Pool;
  /** Where the worker tells of Temporal's SDK. */
  readonly temporalMetricsUrl: string;
}

export async function costsOf({ pids, pool, temporalMetricsUrl }: Costly): Promise<Costs> {
  const { cpuSeconds, residentMegabytes } = await costsOfProcesses(pids);
  const { rows } = await pool.query<{ transactions: number }>(
    `select sum(xact_commit + xact_rollback)::float8 as transactions from pg_stat_database`,
  );
  return {
    atMs: performance.now(),
    ...{ cpuSeconds, residentMegabytes },
    transactions: rows[0]?.transactions ?? 0,
    temporal: await countersAt(temporalMetricsUrl),
  };
}

export function costRates(from: Costs, to: Costs): CostRates {
  const seconds = (to.atMs - from.atMs) / 1000;
  const perSecond = (name: string) =>
    ((to.temporal[name] ?? 0) - (from.temporal[name] ?? 0)) / seconds;
  const names = Object.keys(to.cpuSeconds) as ProcessName[];
  const coresOf = (name: ProcessName) => (to.cpuSeconds[name] - from.cpuSeconds[name]) / seconds;
  return {
    seconds,
    cores: Object.fromEntries(names.map((name) => [name, coresOf(name)])) as CostRates['cores'],
    transactionsPerSecond: (to.transactions - from.transactions) / seconds,
    workflowTasksPerSecond: perSecond(COUNTERS.workflowTasks),
    activityTasksPerSecond: perSecond(COUNTERS.activityTasks),
    // The two are not read at the same moment.
    replaysPerSecond: Math.max(0, perSecond(TASKS) - perSecond(TASKS_FROM_MEMORY)),
  };
}

export function reportCosts(from: Costs, to: Costs, reports: number): ReportCosts {
  const { seconds, cores, ...rates } = costRates(from, to);
  const each = (perSecond: number) => (perSecond * seconds) / reports;
  return {
    cpuMilliseconds: Object.fromEntries(
      Object.entries(cores).map(([name, share]) => [name, each(share) * 1000]),
    ) as ReportCosts['cpuMilliseconds'],
    transactions: each(rates.transactionsPerSecond),
    workflowTasks: each(rates.workflowTasksPerSecond),
    activityTasks: each(rates.activityTasksPerSecond),
    replays: each(rates.replaysPerSecond),
  };
}

async function countersAt(url: string): Promise<Record<string, number>> {
  const text = await (await fetch(url)).text();
  const sums: Record<string, number> = {};
  for (const line of text.split('\n')) {
    const [, name, value] = /^(\w+)(?:\{.*\})? (\S+)$/.exec(line) ?? [];
    if (name !== undefined) sums[name] = (sums[name] ?? 0) + Number(value);
  }
  return sums;
}
