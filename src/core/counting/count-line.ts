/** Allowance, grants and overage: which tokens of a period are billable, and at which rate. */
import type { PeriodState, RateState } from './billing-state';
import { invariant } from './errors';
import { grantedTokens, takeFromGrants, tokensTaken } from './grants';
import type { TokenGrant } from './grants';
import { addLate } from './late-usage';
import { fillsAllowance, findRate } from './plan';
import type { UsageLine } from './usage';

/** Nothing is billable of this rate yet. */
export const NO_TOKENS: RateState = {
  tokens: 0,
  reportedTokens: 0,
  reports: 0,
  lastSecond: 0,
  inFlight: null,
};

/** A period, and the grants that all periods of the customer share. */
export interface Counted {
  readonly period: PeriodState;
  readonly grants: readonly TokenGrant[];
}

/**
 * Counts one line in its period. A vendor's usage is billable from the first token and leaves
 * allowance and grants alone, unless the terms say otherwise; all other usage fills the allowance
 * first, in ledger order, then uses up grants, and what goes beyond is overage at the rate of the
 * line that went beyond.
 * Once the invoice is finalized, what is billable is late.
 */
export function countLine(
  period: PeriodState,
  line: UsageLine,
  grants: readonly TokenGrant[] = [],
): Counted {
  invariant(Number.isSafeInteger(line.tokens) && line.tokens >= 0, `${line.tokens} tokens`);
  if (!fillsAllowance(period.terms, line)) {
    return { period: addBillable(period, line, line.tokens), grants };
  }
  const { includedTokens } = period.terms;
  const usedTokens = period.usedTokens + line.tokens;
  invariant(Number.isSafeInteger(usedTokens), `${usedTokens} tokens in a period`);
  const counted = { ...period, usedTokens };
  if (includedTokens === null) return { period: counted, grants };
  const beyond = Math.max(0, usedTokens - Math.max(period.usedTokens, includedTokens));
  if (beyond === 0) return { period: counted, grants };
  const { grants: after, taken } = takeFromGrants(grants, line.second, beyond);
  const covered = Object.values(taken).reduce((sum, tokens) => sum + tokens, 0);
  const withUses = covered === 0 ? counted : addGrantUses(counted, taken);
  const overage = beyond - covered;
  return {
    period: overage === 0 ? withUses : addBillable(withUses, line, overage),
    grants: after,
  };
}

function addGrantUses(period: PeriodState, taken: Readonly<Record<string, number>>): PeriodState {
  const sums = Object.entries(taken).map(
    ([id, tokens]) => [id, tokensTaken(period.grantUses, id) + tokens] as const,
  );
  return { ...period, grantUses: { ...period.grantUses, ...Object.fromEntries(sums) } };
}

function addBillable(period: PeriodState, line: UsageLine, tokens: number): PeriodState {
  const rate = findRate(period.terms.rates, line);
  if (!rate) return { ...period, unpricedTokens: period.unpricedTokens + tokens };
  if (tokens === 0) return period;
  if (!acceptsUsage(period)) return addLate(period, rate.id, tokens);
  const before = period.rates[rate.id] ?? NO_TOKENS;
  const after = {
    ...before,
    tokens: before.tokens + tokens,
    lastSecond: Math.max(before.lastSecond, line.second),
  };
  return { ...period, rates: { ...period.rates, [rate.id]: after } };
}

/**
 * Until its invoice is finalized, a period takes usage that belongs to it, however late it arrives.
 */
export const acceptsUsage = (period: PeriodState): boolean =>
  period.phase === 'open' || period.phase === 'closing' || period.phase === 'reconciled';

/** Tokens beyond the allowance and the grants, priced or not. */
export function overageTokens(
  period: Pick<PeriodState, 'terms' | 'usedTokens' | 'grantUses'>,
): number {
  const { includedTokens } = period.terms;
  if (includedTokens === null) return 0;
  return Math.max(0, period.usedTokens - includedTokens - grantedTokens(period));
}
