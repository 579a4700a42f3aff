/** What the allowance, grants and a trial leave of usage, worked out here and nowhere else. */
import type { PlanTerms } from '../plans/plan';
import { grantedTokens } from './grants';
import type { PeriodState } from '../state/period-state';

export type Allowance = Pick<PlanTerms, 'includedTokens' | 'isTrial'>;

/**
 * Percent of the allowance, rounded down to one decimal place: no figure says 100 before it is
 * reached. null: there is no allowance to use up.
 */
export function allowanceUsedPercent(
  { includedTokens }: Allowance,
  usedTokens: number,
): number | null {
  if (includedTokens === null || includedTokens === 0) return null;
  // A thousand times a safe integer need not be one.
  return Number((BigInt(usedTokens) * 1000n) / BigInt(includedTokens)) / 10;
}

export function isPercentReached(
  { includedTokens }: Allowance,
  usedTokens: number,
  percent: number,
): boolean {
  if (includedTokens === null || includedTokens === 0) return false;
  return BigInt(usedTokens) * 100n >= BigInt(includedTokens) * BigInt(percent);
}

/** Tokens beyond the allowance, whatever grants cover of them. In a trial there are none. */
export const beyondAllowance = (
  { includedTokens, isTrial }: Allowance,
  usedTokens: number,
): number => (includedTokens === null || isTrial ? 0 : Math.max(0, usedTokens - includedTokens));

/**
 * What counts towards warning, throttling and upgrade: all that was used, less what grants have
 * covered of it and will.
 */
export function uncoveredTokens(
  terms: Allowance,
  counted: { readonly usedTokens: number; readonly grantedTokens: number },
  usedTokens = counted.usedTokens,
  grantsLeftTokens = 0,
): number {
  const fresh = beyondAllowance(terms, usedTokens) - beyondAllowance(terms, counted.usedTokens);
  const coming = Math.min(Math.max(0, fresh), grantsLeftTokens);
  return Math.max(0, usedTokens - counted.grantedTokens - coming);
}

/** Tokens beyond the allowance and the grants, priced or not; in a trial there are none. */
export function overageTokens(
  period: Pick<PeriodState, 'terms' | 'usedTokens' | 'grantUses'>,
): number {
  return Math.max(0, beyondAllowance(period.terms, period.usedTokens) - grantedTokens(period));
}
