/** What explains those lines of an invoice that bill no usage of its own period. */
import type { KnownDiscounts } from '../discounts/subscription-discounts';
import type { BillingState } from '../state/billing-state';
import type { Period } from '../period';
import { isPastKnown, planPrice } from '../plans/plan';
import type { PlanPrice } from '../plans/plan';
import type { PeriodState, LateItem } from '../state/period-state';
import { allPeriods } from '../state/periods';

export interface Books {
  readonly periodFrom: (start: number) => BookedPeriod | undefined;
  /** They contain a second, or would have, had they not been cut short. */
  readonly periodsAt: (second: number) => readonly BookedPeriod[];
  readonly lateItem: (key: string) => LateItem | undefined;
  /** Those of the current subscription. Absent: nobody kept them. */
  readonly discounts?: KnownDiscounts;
}

export interface BookedPeriod extends Period {
  /** It was to end here when it was sold. */
  readonly wholeEnd: number;
  /** The order is that in which they held. */
  readonly plans: readonly PlanPrice[];
  /** The plan of a renewal whose base price is missing. Absent: the first of them. */
  readonly renewedAs?: PlanPrice;
  /** No plan is missing among them. */
  readonly isPastKnown: boolean;
}

/** What is known of a period's plans, by the workflow or on record. */
type Held = Period & Pick<PeriodState, 'terms' | 'formerRates' | 'formerPlans' | 'wholeEnd'>;

/** Makes the books that the workflow keeps. */
export function booksOf(state: BillingState): Books {
  const periods = allPeriods(state);
  const items = periods.flatMap(({ lateItems }) => lateItems ?? []);
  const underWay = periods
    .flatMap(({ late }) => Object.values(late ?? {}))
    .flatMap((late) => (late.underWay ? [late.underWay.item] : []));
  return {
    ...periodsOf(periods.map((period, at) => bookedPeriod(period, periods[at - 1]))),
    lateItem: (key) => [...items, ...underWay].find((item) => item.key === key),
    discounts: knownDiscounts(state),
  };
}

/** The period that runs was read with them. */
const knownDiscounts = ({ standing, periods }: BillingState): KnownDiscounts => ({
  present: standing.discounts ?? [],
  gone: standing.goneDiscounts ?? [],
  readSince: periods.at(-1)?.start ?? 0,
});

export const periodsOf = (
  periods: readonly BookedPeriod[],
): Pick<Books, 'periodFrom' | 'periodsAt'> => ({
  periodFrom: (second) => periods.find(({ start }) => start === second),
  periodsAt: (second) =>
    periods.filter(({ start, wholeEnd }) => start <= second && second < wholeEnd),
});

export function bookedPeriod(period: Held, previous: Held | undefined): BookedPeriod {
  const plans = [...(period.formerPlans ?? []), planPrice(period.terms)] as const;
  const [first] = plans;
  const earlierPlans = beginsWith(period, previous, first);
  return {
    start: period.start,
    end: period.end,
    wholeEnd: period.wholeEnd ?? period.end,
    plans: [...earlierPlans, ...plans],
    ...(earlierPlans.length > 0 && { renewedAs: first }),
    isPastKnown: isPastKnown(period),
  };
}

/**
 * The period before had another plan: Stripe may have renewed that one, and it was changed before
 * we read of either.
 */
function beginsWith(
  { start }: Held,
  previous: Held | undefined,
  first: PlanPrice | undefined,
): PlanPrice[] {
  if (!previous || previous.end !== start || previous.terms.isTrial) return [];
  const previousPlan = planPrice(previous.terms);
  return previousPlan.planId === first?.planId ? [] : [previousPlan];
}
