/**
 * `npm run abuse`: the p99 of a good client by itself and beside ten abusers, in turns, because the
 * machine is never the same for two minutes. `-- --each` lets each of them loose by itself, too;
 * `-- 'deep nesting' 'slow bodies'` lets these loose. Usage has a process of its own, as operators
 * with a gateway give it; `-- --one-process` measures one that answers everything.
 *
 * What is measured is the service, and neither the scheduler nor the abusers:
 * - The good client, the abusers and the service are processes of their own. Abusers are paced and
 *   have what the others leave of the processor, as if they were elsewhere; a round counts only if
 *   each of them came several times as often as its limit lets it (the others are marked TOO FEW).
 * - 2,000 good requests a window, at their times: no slow answer makes the next request late.
 * - The ratio is the median of rounds, each of one quiet window and one beside the abusers.
 * - A bare server, which has nothing to do with any of it, is asked as well: how much later it
 *   answers beside the abusers is what the machine, and not the service, has to do with it.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { median, pairedRatio, percentile, readable } from '../figures';
import { startSurroundings } from '../surroundings';
import type { Surroundings } from '../surroundings';
import { ABUSES, LIMITS } from './abusers';
import { runRole, startAbusers, startBystander, startGoodClient } from './roles';
import type { Ask } from './roles';
import { prepare } from './target';
import type { Target } from './abusers';

const ROUNDS = 5;
/** What was saved up for a burst is gone by then. */
const WARM_UP_MS = 8_000;
/** What is still under way ends. */
const COOL_DOWN_MS = 3_000;
const RATIO_MAX = 3;
/** A tenth of a share of the processor, as `cpu_shares` in docker-compose.yml. */
const NICENESS_OF_OTHERS = 10;

interface Stage {
  readonly target: Target;
  readonly good: Ask;
  readonly bare: Ask;
}

interface Round {
  readonly good: number;
  readonly bare: number;
}

async function run(words: readonly string[]): Promise<void> {
  // The disk of a virtual machine stands still for tenths of a second, and for nobody's abuse.
  const surroundings = await startSurroundings((line) => console.error(`· ${line}`), {
    fsync: 'off',
  });
  const spool = await mkdtemp(join(tmpdir(), 'tollkeeper-abuse-'));
  const stops: (() => void)[] = [];
  try {
    const oneProcess = words.includes('--one-process');
    const stage = await prepareStage(surroundings, { spool, stops, oneProcess });
    await stage.good();
    const names = words.filter((word) => !word.startsWith('--'));
    if (words.includes('--each'))
      for (const name of ABUSES) await compare(stage, [name], { rounds: 1, title: name });
    const all = names.length > 0 ? names : ABUSES;
    const title = names.length > 0 ? names.join(', ') : 'all ten';
    const ratio = await compare(stage, all, { rounds: ROUNDS, title });
    console.log(`ratio: ${readable(ratio)}, expected at most ${RATIO_MAX}`);
    if (ratio > RATIO_MAX) process.exitCode = 1;
  } finally {
    for (const stop of stops) stop();
    await surroundings.stop();
    await rm(spool, { recursive: true, force: true });
  }
}

interface Staging {
  readonly spool: string;
  readonly stops: (() => void)[];
  readonly oneProcess: boolean;
}

async function prepareStage(
  surroundings: Surroundings,
  { spool, stops, oneProcess }: Staging,
): Promise<Stage> {
  const ledger = await surroundings.createLedger('abuse');
  const { secrets, target } = await prepare(ledger.databaseUrl);
  const program = { args: ['api'], ledger };
  const api = await surroundings.run({
    ...{ ...program, name: 'abused-api', niceness: oneProcess ? 0 : NICENESS_OF_OTHERS },
    env: {
      ...{ ...LIMITS, DASHBOARD_SECRET: secrets.DASHBOARD_SECRET },
      // Nobody is there: what an upload costs us is what is looked at.
      ...{ OPENAI_UPSTREAM_URL: 'http://127.0.0.1:9/v1', OPENAI_UPSTREAM_API_KEY: 'sk-none' },
      OPENAI_SPOOL_DIRECTORY: spool,
    },
  });
  const usageApi = oneProcess
    ? api
    : await surroundings.run({
        ...{ ...program, name: 'abused-usage-api' },
        env: { ...LIMITS, API_SERVES: 'usage' },
      });
  const urls = { usageUrl: usageApi.url, otherUrl: api.url };
  const bystander = await startBystander();
  const good = startGoodClient({ url: urls.usageUrl, key: ledger.ingestKey });
  const bare = startGoodClient({ url: bystander.url, key: 'none' });
  stops.push(bystander.stop, good.stop, bare.stop);
  return { target: { ...target, ...urls }, good: good.ask, bare: bare.ask };
}

/** The ratio of all rounds. */
async function compare(
  stage: Stage,
  names: readonly string[],
  { rounds, title }: { readonly rounds: number; readonly title: string },
): Promise<number> {
  const quiet: Round[] = [];
  const abused: Round[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    quiet.push(await listen(stage));
    const abusers = await startAbusers(stage.target, names);
    await pause(WARM_UP_MS);
    abused.push(await listen(stage));
    for (const line of await abusers.stop()) console.error(`    ${line}`);
    const [before, beside] = [quiet.at(-1), abused.at(-1)] as [Round, Round];
    console.error(
      `· ${title}, round ${round}: ${inWords(before)} quiet, ${inWords(beside)} beside`,
    );
    console.error(`  load average ${readable(loadavg()[0] ?? 0)}`);
    await pause(COOL_DOWN_MS);
  }
  const of = (rounds: readonly Round[], who: keyof Round) => rounds.map((each) => each[who]);
  const ratio = pairedRatio(of(abused, 'good'), of(quiet, 'good'));
  const figures = [
    `quiet ${readable(median(of(quiet, 'good')))} ms`,
    `beside ${readable(median(of(abused, 'good')))} ms`,
    `ratio ${readable(ratio)}`,
    `of a bare server ${readable(pairedRatio(of(abused, 'bare'), of(quiet, 'bare')))}`,
  ];
  console.log(`${title}: p99 ${figures.join(', ')}`);
  return ratio;
}

const inWords = ({ good, bare }: Round): string =>
  `${readable(good)} ms (a bare server ${readable(bare)} ms)`;

async function listen({ good, bare }: Stage): Promise<Round> {
  const [goodMs, bareMs] = await Promise.all([good(), bare()]);
  return { good: percentile(goodMs, 99), bare: percentile(bareMs, 99) };
}

const [first = '', ...others] = process.argv.slice(2);
void (runRole(first, others) ?? run(process.argv.slice(2)));
