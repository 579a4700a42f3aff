/**
 * Makes exclusive pools out of what model providers report, where a prompt's count contains its
 * cached tokens and an answer's its reasoning.
 */
import { DomainError } from '../errors';
import type { TokenCounts } from './usage';

/** One number has the name that its sender gave it: errors speak of it by that. */
export interface ReportedCount {
  readonly name: string;
  readonly tokens: number;
}

/** `total` is what the sender added up itself; the parts are contained in prompt and answer. */
export interface ReportedTokens {
  readonly prompt: ReportedCount;
  readonly answer: ReportedCount;
  readonly total?: ReportedCount;
  readonly cacheRead?: ReportedCount;
  readonly cacheWrite?: ReportedCount;
  readonly reasoning?: ReportedCount;
}

/** No token is in two pools, and none is left out. Throws `invalid_usage_event`. */
export function exclusivePools(reported: ReportedTokens): TokenCounts {
  const { prompt, answer, total, cacheRead, cacheWrite, reasoning } = reported;
  const sum = prompt.tokens + answer.tokens;
  if (total && total.tokens !== sum) {
    throw new DomainError(
      'invalid_usage_event',
      `${describe(total)}, but ${prompt.name} ${prompt.tokens} and ${answer.name} ${answer.tokens} ` +
        `are ${sum}: send counts that add up, or leave ${total.name} out.`,
    );
  }
  return {
    input: rest(prompt, [cacheRead, cacheWrite]),
    output: rest(answer, [reasoning]),
    ...(cacheRead && { cacheRead: cacheRead.tokens }),
    ...(cacheWrite && { cacheWrite: cacheWrite.tokens }),
    ...(reasoning && { reasoning: reasoning.tokens }),
  };
}

function rest(whole: ReportedCount, parts: readonly (ReportedCount | undefined)[]): number {
  const counts = parts.filter((part) => part !== undefined);
  const inParts = counts.reduce((sum, { tokens }) => sum + tokens, 0);
  if (inParts <= whole.tokens) return whole.tokens - inParts;
  throw new DomainError(
    'invalid_usage_event',
    `${describe(whole)}, but ${counts.map(describe).join(' and ')}: expected the whole to contain its parts.`,
  );
}

const describe = ({ name, tokens }: ReportedCount): string => `${name} is ${tokens}`;
