/** Where a period is heading: its usage so far, carried on evenly to the period's end. */
import { exactCents, roundHalfUpCents } from './money';
import type { Period } from './period';
import type { PlanTerms } from './plan';
import { fillsAllowance, findRate } from './plan';
import type { TokenType } from './usage';

export interface UsedTokens {
  readonly model: string;
  readonly tokenType: TokenType;
  readonly vendor?: string;
  readonly tokens: number;
}

export interface Projection {
  readonly tokens: number;
  readonly overageTokens: number;
  readonly amountCents: number;
}

/** The first calls of a period say nothing of a month: they count as those of a whole day. */
const ELAPSED_SECONDS_MIN = 24 * 60 * 60;

/**
 * An estimate, for people: overage is priced in the proportions of all usage so far, because it is
 * not known which model's tokens will lie beyond the allowance.
 */
export function projectPeriod(
  terms: PlanTerms,
  period: Period,
  usage: readonly UsedTokens[],
  now: number,
): Projection {
  const length = period.end - period.start;
  const elapsed = Math.min(Math.max(now - period.start, ELAPSED_SECONDS_MIN), length);
  const own = usage.filter((line) => fillsAllowance(terms, line));
  const usedTokens = sum(own);
  const tokens = proportion(usedTokens, length, elapsed);
  const overageTokens =
    terms.includedTokens === null ? 0 : Math.max(0, tokens - terms.includedTokens);
  const byRate = new Map<string, number>();
  const add = (line: UsedTokens, billable: number): void => {
    const rate = findRate(terms.rates, line);
    if (rate) byRate.set(rate.id, (byRate.get(rate.id) ?? 0) + billable);
  };
  for (const line of own)
    if (overageTokens > 0) add(line, proportion(overageTokens, line.tokens, usedTokens));
  for (const line of usage)
    if (!fillsAllowance(terms, line)) add(line, proportion(line.tokens, length, elapsed));
  return { tokens, overageTokens, amountCents: terms.monthlyPriceCents + priceOf(terms, byRate) };
}

const sum = (usage: readonly UsedTokens[]): number =>
  usage.reduce((total, { tokens }) => total + tokens, 0);

/**
 * tokens × numerator ÷ denominator, rounded down: an estimate promises no token that is not whole.
 */
const proportion = (tokens: number, numerator: number, denominator: number): number =>
  Number((BigInt(tokens) * BigInt(numerator)) / BigInt(denominator));

function priceOf(terms: PlanTerms, byRate: ReadonlyMap<string, number>): number {
  return terms.rates.reduce((cents, { id, pricePerMillionTokens }) => {
    const tokens = byRate.get(id) ?? 0;
    return cents + roundHalfUpCents(exactCents(tokens, pricePerMillionTokens));
  }, 0);
}
