/**
 * Puts ledger, workflow and Stripe's meter of one period side by side, and tells whether they
 * agree.
 */
import { isoSecond } from '../period';
import type { Statement } from '../invoices/statement';
import { grouped } from '../grouped';
import type { PeriodState } from '../state/period-state';

/** One place where the batches do not sum to the usage events. */
export interface LedgerFault {
  /** Unix seconds. */
  readonly second: number;
  readonly model: string;
  readonly tokenType: string;
  readonly vendor: string | null;
  readonly eventTokens: number;
  readonly batchTokens: number;
}

/** The batches of a period against its usage events, second by second. */
export interface LedgerProof {
  readonly eventTokens: number;
  readonly batchTokens: number;
  readonly faultCount: number;
  /** The first few are enough. */
  readonly faults: readonly LedgerFault[];
  /** Usage events of these months are archived: nothing is compared. Absent: none of them are. */
  readonly archivedMonths?: readonly string[];
}

export interface RateCheck {
  readonly rateId: string;
  readonly ledger: number;
  readonly workflow: number;
  readonly meter: number;
  /** The ledger's minus Stripe's. */
  readonly drift: number;
  readonly equal: boolean;
}

export interface PeriodCheck {
  readonly planId: string;
  readonly periodStart: number;
  readonly periodEnd: number;
  readonly phase: Statement['phase'];
  /** Tokens that count against the allowance. */
  readonly usedTokens: { readonly ledger: number; readonly workflow: number };
  readonly lateTokens: number;
  readonly rates: readonly RateCheck[];
  readonly proof: LedgerProof;
  readonly equal: boolean;
}

export function checkPeriod(sources: {
  readonly replayed: Pick<PeriodState, 'usedTokens' | 'rates'>;
  readonly lateTokens: number;
  readonly workflow: Statement;
  readonly meterTokens: Readonly<Record<string, number>>;
  readonly proof: LedgerProof;
}): PeriodCheck {
  const { replayed, workflow, proof, lateTokens } = sources;
  const rates = checkRates(replayed, workflow, sources.meterTokens);
  const usedTokens = { ledger: replayed.usedTokens, workflow: workflow.usedTokens };
  return {
    planId: workflow.planId,
    periodStart: workflow.periodStart,
    periodEnd: workflow.periodEnd,
    phase: workflow.phase,
    usedTokens,
    lateTokens,
    rates,
    proof,
    equal:
      usedTokens.ledger === usedTokens.workflow &&
      proof.faultCount === 0 &&
      rates.every(({ equal }) => equal),
  };
}

/** Every rate that anyone has tokens of, in a stable order. */
function checkRates(
  replayed: Pick<PeriodState, 'rates'>,
  { rates }: Statement,
  meterTokens: Readonly<Record<string, number>>,
): RateCheck[] {
  const ids = [
    ...Object.keys(replayed.rates),
    ...rates.map(({ rateId }) => rateId),
    ...Object.keys(meterTokens),
  ];
  return [...new Set(ids)]
    .sort()
    .map((rateId) => {
      const ledger = replayed.rates[rateId]?.tokens ?? 0;
      const workflow = rates.find((rate) => rate.rateId === rateId)?.tokens ?? 0;
      const meter = meterTokens[rateId] ?? 0;
      const equal = ledger === workflow && ledger === meter;
      return { rateId, ledger, workflow, meter, drift: ledger - meter, equal };
    })
    .filter(({ ledger, workflow, meter }) => ledger !== 0 || workflow !== 0 || meter !== 0);
}

/** A sentence for an operator. */
export const describeFault = (fault: LedgerFault): string =>
  `at ${isoSecond(fault.second)} ${fault.model} ${fault.tokenType}` +
  `${fault.vendor ? ` of ${fault.vendor}` : ''}: usage events ${grouped(fault.eventTokens)}, ` +
  `batches ${grouped(fault.batchTokens)}`;
