/**
 * `npm run chaos -- --seed N --minutes M`: a cluster under load, on which everything is broken that
 * can be, by chance that can be played again. In the end all books agree, or it exits with 1.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Command } from 'commander';
import { commandOf } from '../../src/dev/processes/process-identity';
import { chance } from '../../test/life/chance';
import { deckOf } from './faults';
import { startLoad } from './months';
import { reportText } from './report';
import type { Report, PlayedFault } from './report';
import { startStage } from './stage';
import type { Stage } from './stage';
import { judge } from './verdict';

const REPORTS = join('.dev', 'chaos');
const FAULT_SECONDS_MIN = 2;
const FAULT_SECONDS_MAX = 6;
const REST_MS = 1_500;
/** A shell reports a program that Ctrl-C ended so. */
const BROKEN_OFF = 130;

interface Options {
  readonly seed: number;
  readonly minutes: number;
}

const say = (line: string) => console.error(`· ${line}`);

async function run({ seed, minutes }: Options): Promise<Report> {
  const startedAt = Date.now();
  const stage = await startStage(say);
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => void stage.stop().finally(() => process.exit(BROKEN_OFF)));
  const pids = new Map<number, string>();
  const report = await play(stage, { seed, minutes }, pids).finally(stage.stop);
  const left = [];
  for (const [pid, command] of pids) if ((await commandOf(pid)) === command) left.push(command);
  const name = 'no process is left';
  const checks = [
    ...report.checks,
    { name, ok: left.length === 0, found: left.join('; ') || `${pids.size} have ended` },
  ];
  const seconds = Math.round((Date.now() - startedAt) / 1000);
  return { ...report, seconds, checks, ok: checks.every(({ ok }) => ok) };
}

async function play(
  stage: Stage,
  { seed, minutes }: Options,
  pids: Map<number, string>,
): Promise<Omit<Report, 'ok' | 'seconds'>> {
  const load = await startLoad(stage, chance(seed), say);
  const until = Date.now() + minutes * 60_000;
  const faults: PlayedFault[] = [];
  const breaking = breakThings(stage, { random: chance(seed + 1), until, pids, faults });
  do await load.playMonth();
  while (Date.now() < until);
  await breaking;
  say('All is mended: looking at the books');
  const { checks, customers } = await judge(stage, load);
  await load.close();
  const notPlayed = stage.disk ? [] : ['a full disk: only root may mount a small one'];
  const { months, refundedCents, answers } = load;
  return {
    ...{ seed, minutes, months, refundedCents, faults, notPlayed, checks, customers },
    answers: Object.fromEntries(answers),
  };
}

interface Breaking {
  readonly random: () => number;
  readonly until: number;
  readonly pids: Map<number, string>;
  readonly faults: PlayedFault[];
}

async function breakThings(stage: Stage, { random, until, pids, faults }: Breaking): Promise<void> {
  const startedAt = Date.now();
  const names = stage.processes().map(({ name }) => name);
  const deck = deckOf({ names, hasSmallDisk: stage.disk !== undefined }, random);
  for (let at = 0; Date.now() < until; at += 1) {
    const fault = deck[at % deck.length];
    if (!fault) return;
    for (const { pid } of stage.processes()) pids.set(pid, String(await commandOf(pid)));
    const range = FAULT_SECONDS_MAX - FAULT_SECONDS_MIN;
    const seconds = FAULT_SECONDS_MIN + Math.round(random() * range);
    const after = Math.round((Date.now() - startedAt) / 1000);
    say(`${after} s: ${fault.name}, ${seconds} s`);
    const failure = (error: unknown) => `it could not be played: ${String(error)}`;
    const told = await fault.play(stage, seconds).catch(failure);
    faults.push({ after, seconds, kind: fault.kind, name: fault.name, ...(told && { told }) });
    await pause(REST_MS);
  }
}

const number = (text: string) => Number(text);
const program = new Command('chaos')
  .option('--seed <n>', 'the same faults in the same order', number, 1)
  .option('--minutes <m>', 'for how long things are broken', number, 3)
  .action(async (options: Options) => {
    const report = await run(options);
    await mkdir(REPORTS, { recursive: true });
    const file = join(REPORTS, `seed-${options.seed}.json`);
    await writeFile(file, `${JSON.stringify(report, null, 2)}\n`);
    console.log(`${reportText(report)}\n\nAll of it: ${file}`);
    process.exit(report.ok ? 0 : 1);
  });
program.parseAsync().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
