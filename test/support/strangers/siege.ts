/** Many attacks by a seed, beside one another, and what they found: each fault once, made small. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import fc from 'fast-check';
import { readDocument } from '../api/documented-operations';
import type { Attack } from './attack';
import { createAttacker } from './attack';
import type { AttackedProduct } from './attacked-product';
import { anyAttack } from './attacks';
import type { AttackKeys } from './attacks';
import { createJudge } from './verdict';

export interface SiegeOptions {
  readonly seed: number;
  readonly cases: number;
}

export interface SiegeReport {
  readonly sent: number;
  /** How many answers there were, by status. */
  readonly statuses: Readonly<Record<string, number>>;
  readonly slowestMs: number;
  /** The longest that the process did nothing else. */
  readonly heldUpMs: number;
  /** By how much the process has grown. */
  readonly grownMb: number;
  /** Each with its smallest case, and how it is played again. */
  readonly faults: readonly string[];
}

interface Fault {
  readonly name: string;
  /** The request as it was first sent, and its answer: a race may not come again. */
  readonly seen: string;
  readonly lane: number;
  /** Fast-check's name for the case. */
  readonly path: string;
}

const LANES = 8;
const FAULTS_MAX = 12;
/** A smaller case is looked for by so many requests. */
const SHRINKS_MAX = 150;
const ANSWER_SHOWN_MAX = 600;

const residentMb = (): number => process.memoryUsage().rss / 2 ** 20;

export async function besiege(
  { product }: AttackedProduct,
  keys: AttackKeys,
  { seed, cases }: SiegeOptions,
): Promise<SiegeReport> {
  const document = await readDocument(product.apiUrl);
  const search: Search = { arbitrary: anyAttack(document, keys), seed, found: new Map() };
  const watch = watchAnswers(product.apiUrl, createJudge(document));
  const delay = monitorEventLoopDelay({ resolution: 20 });
  delay.enable();
  const before = residentMb();
  const runs = Math.ceil(cases / LANES);
  await Promise.all(
    Array.from({ length: LANES }, (_, lane) => runLane(search, watch.faultOf, { lane, runs })),
  );
  delay.disable();
  const grownMb = Math.round(residentMb() - before);
  const report = { ...watch.seen(), grownMb, heldUpMs: Math.round(delay.max / 1e6) };
  const faults: string[] = [];
  for (const fault of [...search.found.values()].slice(0, FAULTS_MAX))
    faults.push(await smallest(search, watch.faultOf, fault));
  watch.close();
  return { ...report, faults };
}

interface Search {
  readonly arbitrary: fc.Arbitrary<Attack>;
  readonly seed: number;
  /** By the name of each. */
  readonly found: Map<string, Fault>;
}

type FaultOf = (attack: Attack) => Promise<{ name: string; answer: string } | undefined>;

/** Sends, judges, and keeps the figures. */
function watchAnswers(apiUrl: string, judge: ReturnType<typeof createJudge>) {
  const attacker = createAttacker(apiUrl);
  const statuses: Record<string, number> = {};
  let slowestMs = 0;
  const faultOf: FaultOf = async (attack) => {
    try {
      const answer = await attacker.send(attack);
      statuses[answer.status] = (statuses[answer.status] ?? 0) + 1;
      slowestMs = Math.max(slowestMs, answer.ms);
      const fault = judge(attack, answer);
      if (fault === undefined) return undefined;
      return { name: `${attack.kind}: ${fault}`, answer: answer.text };
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      return { name: `${attack.kind}: ${reason}`, answer: '' };
    }
  };
  const seen = () => {
    const sent = Object.values(statuses).reduce((sum, count) => sum + count, 0);
    return { sent, statuses: { ...statuses }, slowestMs };
  };
  return { faultOf, seen, close: attacker.close };
}

const laneSeed = ({ seed }: Search, lane: number): number => seed * LANES + lane;

async function runLane(
  search: Search,
  faultOf: FaultOf,
  { lane, runs }: { readonly lane: number; readonly runs: number },
): Promise<void> {
  let index = -1;
  const property = fc.asyncProperty(search.arbitrary, async (attack) => {
    const path = String((index += 1));
    const { name, answer } = (await faultOf(attack)) ?? {};
    if (name === undefined || search.found.has(name)) return;
    const seen = `${told(attack)}\n  was answered ${(answer ?? '').slice(0, ANSWER_SHOWN_MAX)}`;
    search.found.set(name, { name, seen, lane, path });
  });
  const { errorInstance } = await fc.check(property, {
    ...{ seed: laneSeed(search, lane), numRuns: runs },
  });
  if (errorInstance) throw errorInstance;
}

async function smallest(search: Search, faultOf: FaultOf, { name, seen, lane, path }: Fault) {
  let tries = 0;
  const property = fc.asyncProperty(search.arbitrary, async (attack) => {
    if ((tries += 1) > SHRINKS_MAX) return true;
    return (await faultOf(attack))?.name !== name;
  });
  const { counterexample } = await fc.check(property, {
    ...{ seed: laneSeed(search, lane), path, numRuns: 1 },
  });
  const [attack] = counterexample ?? [];
  const text = attack
    ? told(attack)
    : `did not happen again by itself: it needs what came before, or beside it. ${seen}`;
  return `${name}\n  case ${path} of lane ${lane} of seed ${search.seed}: ${text}`;
}

/** As it goes over the wire, with what can't be printed as in JSON. */
function told({ method, path, headers, body }: Attack): string {
  const shownHeaders = Object.entries(headers)
    .map(([name, value]) => `${name}: ${value.replace(/tk_[\w-]{20,}/, 'tk_…')}`)
    .join('; ');
  const shownBody = body.length > 1_500 ? `${body.slice(0, 1_500).toString()}…` : String(body);
  return JSON.stringify({ request: `${method} ${path}`, headers: shownHeaders, body: shownBody });
}
