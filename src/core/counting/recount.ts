/**
 * Counts the ledger again after what is billed has changed under usage already counted: another
 * plan, a grant, a period cut short. All periods that take usage are counted together, in ledger
 * order, because they share the grants; what was finalized stays as it is.
 */
import { addCutOff, withCutOff } from '../subscription/after-end';
import {
  addUnbilled,
  findGap,
  NO_USAGE,
  ratesBefore,
  unbilledUsage,
  withGap,
} from '../subscription/unbilled-gap';
import { emptyBillingState } from '../state/billing-state';
import type { BillingState } from '../state/billing-state';
import { countInPeriod } from './counting';
import { returnToGrants } from './grants';
import { contains } from '../period';
import { fillsAllowance } from '../plans/plan';
import type { Rate } from '../plans/plan';
import type { UsageBatch, UsageLine } from '../usage/usage';
import type { PeriodState, RateState, LateRate } from '../state/period-state';
import { findPeriod, requestRecount, acceptsUsage, NO_TOKENS } from '../state/periods';
import type { UnbilledUsage, UsageAfterEnd } from '../state/remembered';
import { NO_LATE_TOKENS, withOpen } from './late-tokens';

/** What the counting needs, and no more: it travels to an activity. */
export interface RecountInput {
  readonly customer: string;
  readonly periods: readonly PeriodState[];
  readonly grants: BillingState['grants'];
  /** It counts up to here, inclusive. */
  readonly upToSequence: number;
  /** The time before the customer came back, and the rates it is valued by. Absent: not counted. */
  readonly gap?: CountedGap;
}

export interface CountedGap {
  readonly subscriptionId: string;
  readonly start: number;
  readonly end: number;
  readonly rates: readonly Rate[];
}

export interface Recounted {
  readonly periods: readonly PeriodState[];
  readonly grants: BillingState['grants'];
  /**
   * The usage of the last period's whole time, after the end that it has now. Absent: there is
   * none, or 0.1.0 counted.
   */
  readonly afterEnd?: UsageAfterEnd;
  /** All usage in the gap that was asked for. */
  readonly gap?: UnbilledUsage & { readonly subscriptionId: string };
}

/** The state of a count again that is under way. */
export interface Recounting {
  readonly counted: BillingState;
  readonly gap?: CountedGap & UnbilledUsage;
}

export function beginRecount({ customer, periods, grants, gap }: RecountInput): Recounting {
  const counted = { ...emptyBillingState(customer), periods, grants };
  return gap ? { counted, gap: { ...gap, ...NO_USAGE } } : { counted };
}

export function recountedOf({ counted, gap }: Recounting): Recounted {
  const { periods, grants, afterEnd } = counted;
  return {
    ...{ periods, grants },
    ...(afterEnd && { afterEnd }),
    ...(gap && { gap: usageIn(gap) }),
  };
}

const usageIn = ({ subscriptionId, tokens, valueCents }: NonNullable<Recounting['gap']>) => ({
  ...{ subscriptionId, tokens, valueCents },
});

export function recountInput(state: BillingState): RecountInput {
  const periods = state.periods.filter(acceptsUsage);
  const gap = gapToCount(state);
  return {
    customer: state.customer,
    periods: periods.map(emptied),
    grants: returnToGrants(state.grants, periods),
    upToSequence: state.appliedSequence,
    ...(gap && { gap }),
  };
}

/** What was taken for unbilled is told apart from what the new subscription bills. */
function gapToCount(state: BillingState): CountedGap | undefined {
  const gap = state.gaps?.find(({ end }) => end === state.recount?.returnedAt);
  if (!gap) return undefined;
  const { subscriptionId, start, end } = gap;
  return { subscriptionId, start, end, rates: ratesBefore(state, gap) };
}

/** The period is as it was opened, but with what Stripe has been told. */
function emptied(period: PeriodState): PeriodState {
  const rates = Object.entries(period.rates).map(([id, rate]) => [id, withoutTokens(rate)]);
  return {
    ...withoutGrantUses(period),
    ...withLateOf(period, emptiedLines(period)),
    usedTokens: 0,
    unpricedTokens: 0,
    rates: Object.fromEntries(rates) as PeriodState['rates'],
  };
}

/** Rates that are billed by lines have late usage; others have none before the end. */
const emptiedLines = ({ late = {}, terms }: PeriodState): LateRates =>
  linesOf(terms, late, (rate) => withOpen({ ...rate, tokens: 0 }, { ...rate, inTimeTokens: 0 }));

function linesOf(
  { lineRates = [] }: PeriodState['terms'],
  late: LateRates,
  change: (rate: LateRate, rateId: string) => LateRate,
): LateRates {
  const lines = Object.entries(late).filter(([id]) => lineRates.includes(id));
  return Object.fromEntries(lines.map(([id, rate]) => [id, change(rate, id)] as const));
}

type LateRates = NonNullable<PeriodState['late']>;

const withLateOf = ({ late }: PeriodState, changed: LateRates): Pick<PeriodState, 'late'> =>
  Object.keys(changed).length > 0 ? { late: { ...late, ...changed } } : {};

/** What has been put onto a draft meanwhile stays. */
const recountedLines = (period: PeriodState, { terms, late = {} }: PeriodState): LateRates =>
  linesOf(terms, late, ({ tokens }, id) => {
    const previousRate = period.late?.[id] ?? NO_LATE_TOKENS;
    const due = Math.max(0, tokens - previousRate.settledTokens);
    return withOpen({ ...previousRate, tokens }, { ...previousRate, inTimeTokens: due });
  });

const withoutGrantUses = ({ grantUses: _, ...rest }: PeriodState): PeriodState => rest;
const withoutTokens = (rate: RateState): RateState => ({ ...rate, tokens: 0 });

/** Counts batches, which come in order; lines outside of these periods belong to others. */
export const recountBatch = (recounting: Recounting, batch: UsageBatch): Recounting =>
  batch.lines.reduce(recountLine, recounting);

function recountLine(recounting: Recounting, line: UsageLine): Recounting {
  const { counted, gap } = recounting;
  if (counted.periods.some((period) => contains(period, line.second)))
    return { ...recounting, counted: countInPeriod(counted, line) };
  if (!gap || !contains(gap, line.second))
    return { ...recounting, counted: addCutOff(counted, line) };
  return { counted, gap: { ...gap, ...addUnbilled(gap, unbilledUsage(gap.rates, line)) } };
}

/**
 * Takes the new counts over; what has been reported meanwhile stays, and the difference is reported
 * next, as a correction where it is negative. A period that was finalized meanwhile keeps its
 * counts, and the others have to be counted again: they share the grants.
 */
export function takeOverRecount(state: BillingState, counted: Recounted): BillingState {
  const isStale = counted.periods.some(({ start }) => {
    const period = findPeriod(state, start);
    return !period || !acceptsUsage(period);
  });
  if (isStale) return requestRecount(state, 'a period was finalized meanwhile');
  const byStart = new Map(counted.periods.map((period) => [period.start, period]));
  const periods = state.periods.map((period) => {
    const recounted = byStart.get(period.start);
    return recounted ? withCounts(period, recounted) : period;
  });
  // A period that was cut short leaves out what came after its new end.
  const cutTokens = tokensOf(state.periods) - tokensOf(periods);
  // The first period of a customer who came back takes what was unbilled until then.
  const isReturn = state.recount?.returnedAt !== undefined;
  const unbilledTokens = Math.max(
    0,
    state.unbilledTokens + (isReturn ? cutTokens : Math.max(0, cutTokens)),
  );
  const isCut = state.recount?.cutPeriod !== undefined && cutTokens > 0;
  const stateWithCut = isCut ? withCutOff(state, counted.afterEnd) : state;
  const withUsageBefore = withCountedGap(stateWithCut, counted.gap);
  return { ...withUsageBefore, periods, grants: counted.grants, recount: null, unbilledTokens };
}

function withCountedGap(state: BillingState, counted: Recounted['gap']): BillingState {
  const gap = counted && findGap(state, counted.subscriptionId);
  return gap ? withGap(state, { ...gap, ...counted }) : state;
}

/** Sums all that was used, by whichever rate: a change of plan or grant leaves it as it is. */
const tokensOf = (periods: readonly PeriodState[]): number =>
  periods.reduce((sum, { usedTokens, terms, rates }) => {
    const vendors = terms.rates.filter((rate) => !fillsAllowance(terms, rate));
    const vendorTokens = vendors.map(({ id }) => rates[id]?.tokens ?? 0);
    return vendorTokens.reduce((total, tokens) => total + tokens, sum + usedTokens);
  }, 0);

function withCounts(period: PeriodState, recounted: PeriodState): PeriodState {
  const ids = new Set([...Object.keys(period.rates), ...Object.keys(recounted.rates)]);
  const rates = [...ids].map((id) => {
    const { tokens, lastSecond } = recounted.rates[id] ?? NO_TOKENS;
    const previousRate = period.rates[id] ?? NO_TOKENS;
    return [
      id,
      { ...previousRate, tokens, lastSecond: Math.max(previousRate.lastSecond, lastSecond) },
    ];
  });
  return {
    ...withoutGrantUses(period),
    phase: period.phase === 'reconciled' ? 'closing' : period.phase,
    usedTokens: recounted.usedTokens,
    unpricedTokens: recounted.unpricedTokens,
    rates: Object.fromEntries(rates) as PeriodState['rates'],
    ...(recounted.grantUses && { grantUses: recounted.grantUses }),
    ...withLateOf(period, recountedLines(period, recounted)),
  };
}
