/** Allowance, grants and overage: which tokens of a period are billable, and at which rate. */
import { invariant } from '../errors';
import { takeFromGrants, tokensTaken } from './grants';
import { addInTime } from '../invoices/late-by-us';
import { fillsAllowance, findRate } from '../plans/plan';
import type { UsageLine } from '../usage/usage';
import type { PeriodState } from '../state/period-state';
import { NO_TOKENS, acceptsUsage } from '../state/periods';
import type { TokenGrant } from '../state/remembered';
import { addLate } from './late-tokens';

/** A period, and the grants that all periods of the customer share. */
export interface Counted {
  readonly period: PeriodState;
  readonly grants: readonly TokenGrant[];
}

/**
 * Counts one line in its period. A vendor's usage is billable from the first token and leaves
 * allowance and grants alone, unless the terms say otherwise; all other usage fills the allowance
 * first, in ledger order, then uses up grants, and what goes beyond is overage at the rate of the
 * line that went beyond. In a trial usage is counted, and nothing is billable or taken from grants.
 * Once the invoice is finalized, what is billable is late.
 */
export function countLine(
  period: PeriodState,
  line: UsageLine,
  grants: readonly TokenGrant[] = [],
): Counted {
  invariant(Number.isSafeInteger(line.tokens) && line.tokens >= 0, `${line.tokens} tokens`);
  if (period.terms.isTrial) return { period: countInTrial(period, line), grants };
  if (!fillsAllowance(period.terms, line)) {
    return { period: addBillable(period, line, line.tokens), grants };
  }
  const { includedTokens } = period.terms;
  const usedTokens = period.usedTokens + line.tokens;
  invariant(Number.isSafeInteger(usedTokens), `${usedTokens} tokens in a period`);
  const counted = { ...period, usedTokens };
  if (includedTokens === null) return { period: counted, grants };
  const excessTokens = Math.max(0, usedTokens - Math.max(period.usedTokens, includedTokens));
  if (excessTokens === 0) return { period: counted, grants };
  const { grants: remainingGrants, taken } = takeFromGrants(grants, line.second, excessTokens);
  const covered = Object.values(taken).reduce((sum, tokens) => sum + tokens, 0);
  const withUses = covered === 0 ? counted : addGrantUses(counted, taken);
  const overage = excessTokens - covered;
  return {
    period: overage === 0 ? withUses : addBillable(withUses, line, overage),
    grants: remainingGrants,
  };
}

function countInTrial(period: PeriodState, line: UsageLine): PeriodState {
  if (!fillsAllowance(period.terms, line)) return period;
  const usedTokens = period.usedTokens + line.tokens;
  invariant(Number.isSafeInteger(usedTokens), `${usedTokens} tokens in a period`);
  return { ...period, usedTokens };
}

function addGrantUses(period: PeriodState, uses: Readonly<Record<string, number>>): PeriodState {
  const sums = Object.entries(uses).map(
    ([id, tokens]) => [id, tokensTaken(period.grantUses, id) + tokens] as const,
  );
  return { ...period, grantUses: { ...period.grantUses, ...Object.fromEntries(sums) } };
}

function addBillable(period: PeriodState, line: UsageLine, tokens: number): PeriodState {
  const rate = findRate(period.terms.rates, line);
  if (!rate) return { ...period, unpricedTokens: period.unpricedTokens + tokens };
  if (tokens === 0) return period;
  if (!acceptsUsage(period)) return addLate(period, rate.id, tokens);
  if (period.terms.lineRates?.includes(rate.id)) return addInTime(period, rate.id, tokens);
  const previousRate = period.rates[rate.id] ?? NO_TOKENS;
  const nextRate = {
    ...previousRate,
    tokens: previousRate.tokens + tokens,
    lastSecond: Math.max(previousRate.lastSecond, line.second),
  };
  return { ...period, rates: { ...period.rates, [rate.id]: nextRate } };
}
