/** What is broken when: chance that can be played again, in each place on its own. */
import { setTimeout as pause } from 'node:timers/promises';
import { commandOf } from '../../src/dev/processes/process-identity';
import { chance, shuffled } from '../../test/life/chance';
import { faultsOf, PLACES } from './faults';
import type { Fault, Place } from './faults';
import type { PlayedFault } from './report';
import type { Stage } from './stage';

type Range = readonly [from: number, to: number];

interface Pace {
  /** For how long it is broken. */
  readonly seconds: Range;
  /** For how long nothing is, before the next. */
  readonly rest: Range;
}

const OFTEN: Pace = { seconds: [2, 5], rest: [4, 12] };
/** Each concerns all of it, and a rollout takes long: the others are seen alone in between. */
const SELDOM: Pace = { seconds: [2, 5], rest: [40, 80] };
const PACES: Record<Place, Pace> = {
  ...{ processes: OFTEN, links: OFTEN, Stripe: OFTEN },
  everything: SELDOM,
};

export interface Turn {
  readonly fault: Fault;
  readonly seconds: number;
  readonly rest: number;
}

/** One of each kind first, then the others; and again in another order, without an end. */
export function* turnsOf(
  faults: readonly Fault[],
  { seconds, rest }: Pace,
  random: () => number,
): Generator<Turn, never> {
  const between = ([from, to]: Range) => from + Math.round(random() * (to - from));
  for (;;) {
    const deck = shuffled(faults, random);
    const first = deck.filter((one, at) => deck.findIndex(({ kind }) => kind === one.kind) === at);
    for (const fault of [...first, ...deck.filter((one) => !first.includes(one))])
      yield { fault, seconds: between(seconds), rest: between(rest) };
  }
}

/** What is broken in each place, by what can be broken and by the seed. */
export function placesOf(what: Parameters<typeof faultsOf>[0], seed: number) {
  const faults = faultsOf(what);
  return PLACES.map((place, at) => ({
    place,
    turns: turnsOf(faults[place], PACES[place], chance(seed * PLACES.length + at + 1)),
  }));
}

export interface Breaking {
  readonly seed: number;
  /** Milliseconds since 1970. */
  readonly until: number;
  /** Nothing more is broken from then on. */
  readonly signal: AbortSignal;
  readonly pids: Map<number, string>;
  readonly faults: PlayedFault[];
  readonly say: (line: string) => void;
}

/** Resolves when all of it is mended. */
export async function breakThings(stage: Stage, breaking: Breaking): Promise<void> {
  const startedAt = Date.now();
  const names = stage.processes().map(({ name }) => name);
  const places = placesOf({ names, hasSmallDisk: stage.disk !== undefined }, breaking.seed);
  await Promise.all(places.map(({ turns }) => breakIn(turns, startedAt, stage, breaking)));
}

async function breakIn(
  turns: Generator<Turn, never>,
  startedAt: number,
  stage: Stage,
  { until, signal, pids, faults, say }: Breaking,
): Promise<void> {
  for (const { fault, seconds, rest } of turns) {
    await pause(Math.max(0, Math.min(rest * 1000, until - Date.now())));
    if (Date.now() >= until || signal.aborted) return;
    await notePids(stage, pids);
    const { kind, name } = fault;
    const after = Math.round((Date.now() - startedAt) / 1000);
    say(`${after} s: ${name}, ${seconds} s`);
    const isPlayed = await fault.play(stage, seconds).then(
      (told) => ({ told }),
      (error: unknown) => ({ refused: String(error) }),
    );
    const lasted = Math.round((Date.now() - startedAt) / 1000) - after;
    faults.push({ after, seconds: lasted, kind, name, ...isPlayed });
  }
}

/** Whoever was there once must be gone in the end. */
async function notePids(stage: Stage, pids: Map<number, string>): Promise<void> {
  for (const { pid } of stage.processes())
    if (!pids.has(pid)) pids.set(pid, String(await commandOf(pid)));
}
