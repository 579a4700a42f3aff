/** The drill itself: load and faults on a stage, and in any case a report of what came of it. */
import { commandOf } from '../../src/dev/processes/process-identity';
import type { ClusterShape } from '../../src/dev/stack-context';
import { chance } from '../../test/life/chance';
import { startLoad } from './months';
import type { Load } from './months';
import { within } from './persist';
import type { PlayedFault, Report } from './report';
import { startStage } from './stage';
import type { Stage } from './stage';
import { breakThings } from './turns';
import { judge } from './verdict';
import type { Check } from './verdict';

/** What is under way when the last fault was mended, and the look at the books. */
const ENDING_LIMIT_MS = 15 * 60_000;
const TELL_MS = 60_000;
/** A shell reports a program that Ctrl-C ended so. */
const BROKEN_OFF = 130;

export interface Options {
  readonly seed: number;
  readonly minutes: number;
  readonly cluster: ClusterShape;
  /** What every process has said is kept there unless all is right. */
  readonly logs: string;
  readonly say: (line: string) => void;
  /** Is awaited unless all is right, before the stage goes. */
  readonly look?: (stage: Stage) => Promise<unknown>;
}

/** What is known of a drill at any time. */
interface Progress {
  readonly faults: PlayedFault[];
  readonly pids: Map<number, string>;
  load: Load | undefined;
  /** ISO 8601. */
  began: string | null;
}

type Found = Pick<Report, 'checks' | 'customers'>;

export async function drill(options: Options): Promise<Report> {
  const { seed, minutes, cluster, logs, say, look } = options;
  const startedAt = Date.now();
  const stage = await startStage(cluster, say);
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => void stage.stop().finally(() => process.exit(BROKEN_OFF)));
  const progress: Progress = { faults: [], pids: new Map(), load: undefined, began: null };
  const telling = setInterval(() => void tell(stage, progress, startedAt, say), TELL_MS);
  const limitMs = minutes * 60_000 + ENDING_LIMIT_MS;
  const playing = play(stage, options, progress);
  const found = await within(limitMs, 'the drill', playing).catch(brokenOff);
  clearInterval(telling);
  if (!found.checks.every(({ ok }) => ok)) {
    await stage.keepLogs(logs);
    say(`What each process has said is in ${logs}`);
    await look?.(stage);
  }
  await stage.stop();
  const checks = [...found.checks, await processes(progress.pids)];
  const {
    months = 0,
    refundedCents = 0,
    answers = new Map<number, number>(),
  } = progress.load ?? {};
  return {
    ...{ seed, minutes, months, refundedCents, faults: progress.faults },
    began: progress.began,
    seconds: Math.round((Date.now() - startedAt) / 1000),
    notPlayed: stage.disk ? [] : ['a full disk: only root may mount a small one'],
    answers: Object.fromEntries(answers),
    ...{ customers: found.customers, checks, ok: checks.every(({ ok }) => ok) },
  };
}

async function play(
  stage: Stage,
  { seed, minutes, say }: Options,
  progress: Progress,
): Promise<Found> {
  const load = await startLoad(stage, chance(seed), say);
  progress.load = load;
  progress.began = new Date().toISOString();
  const until = Date.now() + minutes * 60_000;
  const over = new AbortController();
  const breaking = breakThings(stage, { seed, until, signal: over.signal, say, ...progress });
  const playing = (async () => {
    do await load.playMonth();
    while (Date.now() < until);
  })();
  await Promise.all([breaking, playing]).finally(() => over.abort());
  say('All is mended: looking at the books');
  const found = await judge(stage, load);
  await load.close();
  return found;
}

const brokenOff = (error: unknown): Found => ({
  checks: [{ name: 'it came to its end', ok: false, found: String(error) }],
  customers: [],
});

async function processes(pids: ReadonlyMap<number, string>): Promise<Check> {
  const left = [];
  for (const [pid, command] of pids) if ((await commandOf(pid)) === command) left.push(command);
  const name = 'no process is left';
  return { name, ok: left.length === 0, found: left.join('; ') || `${pids.size} have ended` };
}

async function tell(
  stage: Stage,
  { faults, load }: Progress,
  startedAt: number,
  say: (line: string) => void,
): Promise<void> {
  const { disk, memory } = await stage.sizes();
  const minutes = Math.round((Date.now() - startedAt) / 60_000);
  say(
    `${minutes} min: ${faults.length} faults, ${load?.months ?? 0} months; ` +
      `${disk ?? 'no'} MB of the small disk, ${memory} MB of memory`,
  );
}
