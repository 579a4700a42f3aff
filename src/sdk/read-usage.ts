/**
 * The one reader of usage: pools that exclude each other out of what any provider tells. A prompt
 * mostly contains its cached tokens and an answer its reasoning, and some providers count them
 * beside: the total tells which. What nobody told is left out, and never zero.
 */
import { describe, readCounts } from './told-counts';
import type { Count, ToldCounts } from './told-counts';
import type { TokenCounts } from './usage-event';
import { readDetails } from './usage-details';

export interface UsageReading {
  /** It has no `input` or `output` where these were not told; undefined where neither was. */
  readonly tokens?: TokenCounts;
  /** The sum alone was told: what it is of, the caller may know. */
  readonly total?: number;
  /** So many tokens are in the provider's total and in nothing else. They are in `reasoning`. */
  readonly unexplained?: number;
  /** Tokens of sound and pictures, among those of the pools. */
  readonly details: Readonly<Record<string, number>>;
  /** What contradicts itself or is no number, as sentences without their end. */
  readonly faults: readonly string[];
}

export function readUsage(usage: Readonly<Record<string, unknown>>): UsageReading {
  const counts = readCounts(usage);
  const faults = [...counts.faults];
  const details = readDetails(usage);
  const total = totalAlone(counts);
  if (total !== undefined) return { total, details, faults };
  const prompt = readPrompt(counts, faults);
  const answer = readAnswer(counts, prompt.whole, faults);
  const pools = { ...prompt.pools, ...answer.pools };
  const isTold = pools.input !== undefined || pools.output !== undefined;
  return {
    ...(isTold && { tokens: pools }),
    ...(answer.unexplained > 0 && { unexplained: answer.unexplained }),
    ...{ details, faults },
  };
}

/** All that a reading knows of, for comparing two of them. */
export const sumOf = ({ tokens = {}, total = 0 }: UsageReading): number =>
  Object.values(tokens).reduce((sum, count) => sum + count, total);

/** Some tell nothing else, and some fill in zeros for the rest. */
function totalAlone({ total, ...counts }: ToldCounts): number | undefined {
  const parts = [
    counts.prompt,
    counts.answer,
    counts.reasoning,
    counts.cacheRead,
    counts.cacheWrite,
  ];
  const isAlone = parts.every((part) => (part?.tokens ?? 0) === 0);
  return isAlone && total && total.tokens > 0 ? total.tokens : undefined;
}

interface Prompt {
  /** It has all that is beside it. */
  readonly whole?: number;
  readonly pools: TokenCounts;
}

function readPrompt(counts: ToldCounts, faults: string[]): Prompt {
  const { cacheRead, cacheWrite, toolPrompt } = counts;
  const cached = tokensOf(cacheRead) + tokensOf(cacheWrite);
  const prompt = tokensOf(counts.prompt ?? promptOfTotal(counts));
  const parts = (fromCache: number, toCache: number): TokenCounts => ({
    ...(fromCache > 0 && { cacheRead: fromCache }),
    ...(toCache > 0 && { cacheWrite: toCache }),
  });
  if (!counts.prompt && !promptOfTotal(counts))
    return { pools: parts(tokensOf(cacheRead), tokensOf(cacheWrite)) };
  const isBeside = areCachesBeside(counts, cached, faults);
  const whole = prompt + (isBeside ? cached : 0) + tokensOf(toolPrompt);
  const fromCache = Math.min(whole, tokensOf(cacheRead));
  const toCache = Math.min(whole - fromCache, tokensOf(cacheWrite));
  if (fromCache + toCache < cached) {
    const names = [cacheRead, cacheWrite].filter((part) => part !== undefined).map(describe);
    const { name } = counts.prompt ?? { name: 'the prompt' };
    faults.push(`${name} is ${prompt}, but ${names.join(' and ')}`);
  }
  return { whole, pools: { input: whole - fromCache - toCache, ...parts(fromCache, toCache) } };
}

/** What the answer leaves of the total. */
function promptOfTotal({ total, answer }: ToldCounts): Count | undefined {
  if (!total || !answer || total.tokens < answer.tokens) return undefined;
  return { name: total.name, tokens: total.tokens - answer.tokens };
}

function areCachesBeside(counts: ToldCounts, cached: number, faults: string[]): boolean {
  const { prompt, answer, total, caches } = counts;
  if (cached === 0 || caches === 'within' || !prompt) return false;
  const others = prompt.tokens + tokensOf(answer) + tokensOf(counts.toolPrompt);
  const thoughts = [0, tokensOf(counts.reasoning)];
  const isTotal = (sum: number) => thoughts.some((more) => total?.tokens === sum + more);
  if (isTotal(others + cached)) return true;
  if (isTotal(others) && cached <= prompt.tokens) return false;
  if (caches === 'beside' || cached > prompt.tokens) return true;
  const { name, tokens } = (counts.cacheRead ?? counts.cacheWrite) as Count;
  faults.push(`${name} is ${tokens}, which may be within ${prompt.name} or beside it`);
  return false;
}

interface Answer {
  readonly pools: TokenCounts;
  readonly unexplained: number;
}

function readAnswer(counts: ToldCounts, prompt: number | undefined, faults: string[]): Answer {
  const { total } = counts;
  const reasoning = tokensOf(counts.reasoning);
  const rest = total && prompt !== undefined ? total.tokens - prompt : undefined;
  const answer = counts.answer?.tokens ?? (rest !== undefined && rest >= 0 ? rest : undefined);
  if (answer === undefined)
    return { pools: { ...(reasoning > 0 && { reasoning }) }, unexplained: 0 };
  const hidden = rest === undefined ? undefined : rest - answer;
  if (hidden !== undefined && hidden < 0) faults.push(tooSmall(counts, prompt as number));
  if (hidden === undefined || hidden < 0) {
    const isBeside = counts.thoughts === 'beside' || reasoning > answer;
    return { pools: answerPools(answer, reasoning, isBeside), unexplained: 0 };
  }
  if (hidden === reasoning) return { pools: answerPools(answer, reasoning, true), unexplained: 0 };
  if (hidden === 0 && reasoning > answer) {
    faults.push(`${named(counts.answer)}, but ${named(counts.reasoning)}`);
    return { pools: answerPools(answer, answer, false), unexplained: 0 };
  }
  const isInside = reasoning <= answer;
  const shown = answerPools(answer, isInside ? reasoning : 0, false);
  const thought = (shown.reasoning ?? 0) + hidden;
  return {
    pools: { ...shown, ...(thought > 0 && { reasoning: thought }) },
    unexplained: hidden,
  };
}

const answerPools = (answer: number, reasoning: number, isBeside: boolean): TokenCounts => ({
  output: isBeside ? answer : answer - reasoning,
  ...(reasoning > 0 && { reasoning }),
});

function tooSmall({ total, prompt, answer }: ToldCounts, whole: number): string {
  const parts = [prompt ?? { name: 'the prompt', tokens: whole }, answer].flatMap((count) =>
    count ? [describe(count)] : [],
  );
  return `${named(total)}, but ${parts.join(' and ')}`;
}

const named = (count: Count | undefined): string => (count ? describe(count) : 'the total');

const tokensOf = (count: Count | undefined): number => count?.tokens ?? 0;
