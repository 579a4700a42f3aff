/** A month with a day in which one thing is away, and the look at all books after it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ClusterShape } from '../../src/dev/stack-context';
import { chance } from '../../test/life/chance';
import { within } from '../chaos/persist';
import { startStage } from '../chaos/stage';
import type { Stage } from '../chaos/stage';
import { judge } from '../chaos/verdict';
import type { Check, Verdict } from '../chaos/verdict';
import { liveThroughDay } from './day';
import type { Day } from './day';
import { correctForgotten, forgottenIsPaid } from './forgotten';
import { HOUR, startMonth } from './month';
import type { Month } from './month';
import type { Thing } from './outages';
import { retryWebhooks } from './stripes-day';
import { workerPorts } from './told';

const LIMIT_MS = 25 * 60_000;
const CLOSE_MS = 60_000;
/** A shell reports a program that Ctrl-C ended so. */
const BROKEN_OFF = 130;

export interface Options {
  readonly of: Thing;
  readonly seed: number;
  /** Undefined: one of each. */
  readonly cluster: ClusterShape | undefined;
  /** The next month is not played. */
  readonly isShort: boolean;
  /** What every process has said is kept there unless all is right. */
  readonly logs: string;
  readonly say: (line: string) => void;
}

export interface Report {
  readonly ok: boolean;
  readonly of: Thing;
  readonly seed: number;
  readonly seconds: number;
  readonly months: number;
  readonly day: Day | null;
  /** How often an app's request had each status. */
  readonly answers: Readonly<Record<string, number>>;
  readonly checks: readonly Check[];
}

export async function away(options: Options): Promise<Report> {
  const { cluster, logs, say, of, seed } = options;
  const startedAt = Date.now();
  const workers = await workerPorts(namesOf(cluster));
  const stage = await startStage(cluster, say, (name): Record<string, string> => {
    const port = workers.get(name);
    return port === undefined ? {} : { METRICS_PORT: String(port) };
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => void stage.stop().finally(() => process.exit(BROKEN_OFF)));
  const directory = await mkdtemp(join(tmpdir(), 'tollkeeper-away-'));
  const found: Found = { months: 1, checks: [], day: null, answers: new Map() };
  try {
    await within(LIMIT_MS, 'the day', play(stage, { ...options, workers, directory }, found));
  } catch (error) {
    found.checks.push({ name: 'it came to its end', ok: false, found: String(error) });
  }
  const ok = found.checks.every((one) => one.ok);
  if (!ok) {
    await stage.keepLogs(logs);
    say(`What each process has said is in ${logs}`);
  }
  await stage.stop();
  await rm(directory, { recursive: true, force: true });
  const seconds = Math.round((Date.now() - startedAt) / 1000);
  return { ok, of, seed, seconds, ...found, answers: Object.fromEntries(found.answers) };
}

const namesOf = (cluster: ClusterShape | undefined): string[] =>
  cluster
    ? Array.from({ length: cluster.workers }, (_, index) => `worker-${index + 1}`)
    : ['worker'];

interface Found {
  months: number;
  day: Day | null;
  answers: ReadonlyMap<number, number>;
  readonly checks: Check[];
}

interface Playing extends Options {
  readonly workers: ReadonlyMap<string, number>;
  readonly directory: string;
}

async function play(stage: Stage, options: Playing, found: Found): Promise<void> {
  const { seed, directory, say, isShort } = options;
  const month = await startMonth(stage, chance(seed), directory, say);
  found.answers = month.answers;
  const { end } = month.first;
  await month.playUntilDay(end - 12 * HOUR);
  found.day = await liveThroughDay(stage, month, options);
  found.checks.push(...found.day.checks);
  await retryWebhooks(stage);
  await correctForgotten(stage);
  await month.payFirst(end + 14 * HOUR);
  say('The month is paid');
  if (!isShort) {
    await month.playSecond(found.day.next);
    found.months = 2;
    found.checks.push(await forgottenIsPaid(stage));
  }
  found.checks.push(...(await books(stage, month, found.months)).checks);
  await month.app.close({ timeoutMs: CLOSE_MS });
}

function books(stage: Stage, month: Month, months: number): Promise<Verdict> {
  const { customers, answers, changes, app } = month;
  return judge(stage, {
    ...{ customers, answers, changes, months, refundedCents: 0 },
    waiting: () => app.waitingEvents,
  });
}
