/** Allowance and overage: which tokens of a period are billable, and at which rate. */
import type { PeriodState, RateState } from './billing-state';
import { invariant } from './errors';
import { findRate } from './plan';
import type { UsageLine } from './usage';

/** Nothing is billable of this rate yet. */
export const NO_TOKENS: RateState = {
  tokens: 0,
  reportedTokens: 0,
  reports: 0,
  lastSecond: 0,
  inFlight: null,
};

/**
 * Counts one line in its period. A vendor's usage is billable from the first token and leaves the
 * allowance alone; all other usage fills the allowance first, in ledger order, and what goes beyond
 * is overage at the rate of the line that went beyond.
 */
export function countLine(period: PeriodState, line: UsageLine): PeriodState {
  invariant(Number.isSafeInteger(line.tokens) && line.tokens >= 0, `${line.tokens} tokens`);
  if (line.vendor !== undefined) return addBillable(period, line, line.tokens);

  const { includedTokens } = period.terms;
  const usedTokens = period.usedTokens + line.tokens;
  invariant(Number.isSafeInteger(usedTokens), `${usedTokens} tokens in a period`);
  const counted = { ...period, usedTokens };
  if (includedTokens === null) return counted;
  const overage = Math.max(0, usedTokens - Math.max(period.usedTokens, includedTokens));
  return overage === 0 ? counted : addBillable(counted, line, overage);
}

function addBillable(period: PeriodState, line: UsageLine, tokens: number): PeriodState {
  const rate = findRate(period.terms.rates, line);
  if (!rate) return { ...period, unpricedTokens: period.unpricedTokens + tokens };
  const before = period.rates[rate.id] ?? NO_TOKENS;
  const after = {
    ...before,
    tokens: before.tokens + tokens,
    lastSecond: Math.max(before.lastSecond, line.second),
  };
  return { ...period, rates: { ...period.rates, [rate.id]: after } };
}

/** Tokens beyond the allowance, priced or not. */
export function overageTokens(period: PeriodState): number {
  const { includedTokens } = period.terms;
  return includedTokens === null ? 0 : Math.max(0, period.usedTokens - includedTokens);
}
