/** Where a period is heading: its usage so far, carried on evenly to the period's end. */
import type { Period } from '../period';
import { amountDueCents } from '../invoices/period-figures';
import type { ComingDiscount } from '../discounts/coming-discount';
import type { PlanTerms } from './plan';
import { fillsAllowance, findRate } from './plan';
import type { TokenType } from '../usage/usage';
import type { TokenGrant } from '../state/remembered';
import { beyondAllowance } from '../counting/allowance';

/** Tokens of one model, type and vendor. */
export interface UsedTokens {
  readonly model: string;
  readonly tokenType: TokenType;
  readonly vendor?: string;
  readonly tokens: number;
}

export interface Projection {
  readonly tokens: number;
  /** Tokens beyond the allowance that grants cover. */
  readonly grantedTokens: number;
  readonly overageTokens: number;
  readonly amountCents: number;
}

/** What the workflow knows of the period besides its usage. */
export interface ProjectedPeriod extends Period {
  readonly terms: PlanTerms;
  /** Its invoice will have these. */
  readonly comingDiscounts?: readonly ComingDiscount[];
  /** The period has taken so many from grants so far. */
  readonly grantedTokens?: number;
  /** These include what all periods have used of them. */
  readonly grants?: readonly Pick<TokenGrant, 'tokens' | 'usedTokens' | 'since' | 'expiresAt'>[];
}

/** The first calls of a period say nothing of a month: they count as those of a whole day. */
const ELAPSED_SECONDS_MIN = 24 * 60 * 60;

/**
 * It is an estimate, for people: overage is priced in the proportions of all usage so far, because
 * it is not known which model's tokens will lie beyond the allowance.
 */
export function projectPeriod(
  period: ProjectedPeriod,
  usage: readonly UsedTokens[],
  now: number,
): Projection {
  const { terms } = period;
  // A subscription may end in the second in which it began.
  const length = Math.max(1, period.end - period.start);
  const elapsed = Math.min(Math.max(now - period.start, ELAPSED_SECONDS_MIN), length);
  const own = usage.filter((line) => fillsAllowance(terms, line));
  const usedTokens = sum(own);
  const tokens = proportion(usedTokens, length, elapsed);
  const excessTokens = beyondAllowance(terms, tokens);
  const pace = { usedTokens, elapsed };
  const grantedTokens = Math.min(
    excessTokens,
    (period.grantedTokens ?? 0) + stillCovered(period, now, pace),
  );
  const overageTokens = excessTokens - grantedTokens;
  const byRate = new Map<string, number>();
  const add = (line: UsedTokens, billable: number): void => {
    const rate = findRate(terms.rates, line);
    if (rate) byRate.set(rate.id, atMostSafe((byRate.get(rate.id) ?? 0) + billable));
  };
  for (const line of own)
    if (overageTokens > 0) add(line, proportion(overageTokens, line.tokens, usedTokens));
  for (const line of usage)
    if (!terms.isTrial && !fillsAllowance(terms, line))
      add(line, proportion(line.tokens, length, elapsed));
  const tokensOf = (rateId: string) => byRate.get(rateId) ?? 0;
  const amountCents = amountDueCents(terms, tokensOf, period.comingDiscounts);
  return { tokens, grantedTokens, overageTokens, amountCents };
}

/**
 * The rest of the period may use so much of grants; the pace tells how much of one that expires.
 */
function stillCovered(
  { start, end, grants = [] }: ProjectedPeriod,
  now: number,
  { usedTokens, elapsed }: { readonly usedTokens: number; readonly elapsed: number },
): number {
  const from = Math.max(now, start);
  const parts = grants.map(({ tokens, usedTokens: used, since, expiresAt }) => {
    if (since >= end || from >= end || (expiresAt !== null && expiresAt <= from)) return 0;
    const remainder = Math.max(0, tokens - used);
    if (expiresAt === null || expiresAt >= end) return remainder;
    return Math.min(remainder, proportion(usedTokens, expiresAt - from, elapsed));
  });
  return parts.reduce((total, part) => total + part, 0);
}

const sum = (usage: readonly UsedTokens[]): number =>
  usage.reduce((total, { tokens }) => total + tokens, 0);

/**
 * tokens × numerator ÷ denominator, rounded down: an estimate promises no token that is not whole.
 */
const proportion = (tokens: number, numerator: number, denominator: number): number =>
  atMostSafe((BigInt(tokens) * BigInt(numerator)) / BigInt(denominator));

/** An estimate that is beyond this says no more than that: no invoice is made of it. */
const atMostSafe = (tokens: bigint | number): number =>
  Math.min(Number(tokens), Number.MAX_SAFE_INTEGER);
