/**
 * Items of vendors' rates, which the subscription gets when the customer first uses them. Until one
 * is there nothing is reported of its rate; where a period ended without, its usage becomes a line.
 */
import type { BillingState } from '../state/billing-state';
import { addInTime } from '../invoices/late-by-us';
import { pricedRates } from '../plans/plan';
import type { PeriodState } from '../state/period-state';
import { acceptsUsage, isOfEnded } from '../state/periods';

/** An item does not bill a period that ended before it began, so that one lacks it, too. */
export function lacksItem(state: BillingState, period: PeriodState, rateId: string): boolean {
  const items = itemsOf(state, period);
  if (!isOnFirstUse(period, rateId) || !items) return false;
  const since = items[rateId];
  return since === undefined || since >= period.end;
}

/** Each subscription has items of its own. */
const itemsOf = (state: BillingState, period: PeriodState): BillingState['vendorItems'] =>
  period.subscriptionId === undefined ? state.vendorItems : period.vendorItems;

const isOnFirstUse = (period: PeriodState, rateId: string): boolean =>
  period.terms.vendorItems === 'on_first_use' &&
  pricedRates(period).some(({ id, vendor }) => id === rateId && vendor !== undefined);

/** Stripe has, or is to have, tokens of the rate. */
const isUsed = ({ rates }: PeriodState, rateId: string): boolean => {
  const rate = rates[rateId];
  return rate !== undefined && (rate.tokens > 0 || rate.reportedTokens > 0 || !!rate.inFlight);
};

export const usedRates = (period: PeriodState): string[] =>
  Object.keys(period.rates).filter((rateId) => isUsed(period, rateId));

/** Rates with usage and without an item, of which nobody has been told that there is no room. */
export function itemsToAskFor(state: BillingState): string[] {
  const exceptions = state.exceptions.filter(({ kind }) => kind === 'items_exceeded');
  return state.periods
    .filter((period) => acceptsUsage(period) && !isUninvoicedEnd(state, period))
    .flatMap((period) => usedRates(period).filter((rateId) => lacksItem(state, period, rateId)))
    .filter(
      (rateId) => !exceptions.some(({ subject }) => subject === rateId) || isOfPast(state, rateId),
    );
}

/** The usage of a period that is over is put onto lines, for which there always is room. */
const isOfPast = (state: BillingState, rateId: string): boolean =>
  state.periods.some(
    (period) => isPast(state, period) && isUsed(period, rateId) && lacksItem(state, period, rateId),
  );

/** Without an invoice, there is nothing to put a line onto: usage_uninvoiced tells of it. */
const isUninvoicedEnd = (state: BillingState, period: PeriodState): boolean =>
  isOfEnded(state, period) && period.invoice === null;

/** No item can be added for it any more. */
const isPast = (state: BillingState, period: PeriodState): boolean =>
  acceptsUsage(period) &&
  (isOfEnded(state, period) ? period.invoice !== null : period !== state.periods.at(-1));

/** Notes which of the vendors' items there are, and lines instead of those that came too late. */
export function noteVendorItems(
  state: BillingState,
  rateItems: Readonly<Record<string, number>>,
): BillingState {
  if (!state.periods.some(({ terms }) => terms.vendorItems)) return state;
  const vendorRates = state.periods
    .flatMap(pricedRates)
    .filter(({ vendor }) => vendor !== undefined);
  const items = [...new Set(vendorRates.map(({ id }) => id))].flatMap((id) => {
    const since = rateItems[id];
    return since === undefined ? [] : [[id, since] as const];
  });
  const notedState = { ...state, vendorItems: Object.fromEntries(items) };
  const periods = notedState.periods.map((period) =>
    isPast(notedState, period)
      ? usedRates(period)
          .filter((rateId) => lacksItem(notedState, period, rateId))
          .reduce(billedByLine, period)
      : period,
  );
  return { ...notedState, periods };
}

/** Its usage was never reported: a line bills it. */
function billedByLine(period: PeriodState, rateId: string): PeriodState {
  const { [rateId]: rate, ...rates } = period.rates;
  const lineRates = [...(period.terms.lineRates ?? []), rateId];
  const periodWithLines = { ...period, rates, terms: { ...period.terms, lineRates } };
  return addInTime(periodWithLines, rateId, rate?.tokens ?? 0);
}

/** They are about to be taken away: what is used of them from now on waits. */
export function withoutItems(state: BillingState, rateIds: readonly string[]): BillingState {
  if (!state.vendorItems) return state;
  const remainder = Object.entries(state.vendorItems).filter(([id]) => !rateIds.includes(id));
  return { ...state, vendorItems: Object.fromEntries(remainder) };
}

/** An operator reads the vendor, and how many items there can be. */
export function describeExceeded(state: BillingState, rateId: string, itemsMax: number): string {
  const rate = state.periods.flatMap(pricedRates).find(({ id }) => id === rateId);
  return (
    `${state.customer} uses ${rateId} of vendor ${rate?.vendor ?? 'unknown'}, and its subscription ` +
    `has ${itemsMax} items in use already, the most it can have. The usage is counted, and becomes ` +
    "a line of this period's invoice. If Stripe lets your account have more, say so by " +
    'subscriptionItemsMax in the catalog, then retry.'
  );
}
