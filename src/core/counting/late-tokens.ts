/** Counts what came too late for its period's invoice. */
import type { BillingState } from '../state/billing-state';
import type { PeriodState, LateRate } from '../state/period-state';
import { acceptsUsage } from '../state/periods';

export const NO_LATE_TOKENS: LateRate = { tokens: 0, settledTokens: 0, settlements: 0 };

/** The sum is negative where an invoice had billed more than the ledger has. */
export function addLate(period: PeriodState, rateId: string, tokens: number): PeriodState {
  const previousRate = period.late?.[rateId] ?? NO_LATE_TOKENS;
  const nextRate = { ...previousRate, tokens: previousRate.tokens + tokens };
  return { ...period, late: { ...period.late, [rateId]: nextRate } };
}

/** Keeps what is left of it: what has become nothing is absent. */
export function withOpen(
  { inTimeTokens: _in, decidedTokens: _decided, correctionCents: _cents, ...late }: LateRate,
  unsettled: Pick<LateRate, 'inTimeTokens' | 'decidedTokens' | 'correctionCents'>,
): LateRate {
  const { inTimeTokens = 0, decidedTokens, correctionCents } = unsettled;
  return {
    ...late,
    ...(inTimeTokens > 0 && { inTimeTokens }),
    ...(decidedTokens && { decidedTokens }),
    ...(correctionCents && { correctionCents }),
  };
}

/** Tells that no invoice will come any more. */
export const isOver = ({ billingStatus, periods }: BillingState): boolean =>
  billingStatus === 'ended' && !periods.some(acceptsUsage);

export const lateTokens = ({ late }: Pick<PeriodState, 'late'>): number =>
  Object.values(late ?? {}).reduce((sum, { tokens }) => sum + tokens, 0);

export const hasUnsettledLate = ({ late }: PeriodState): boolean =>
  Object.values(late ?? {}).some(
    ({ tokens, settledTokens, correctionCents }) => tokens !== settledTokens || correctionCents,
  );
