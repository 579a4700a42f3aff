/** Tells which metered prices the subscription at Stripe needs for the plans that hold. */
import type { BillingState } from '../state/billing-state';
import { ratesFromStart } from '../plans/plan';
import { usedRates } from '../vendors/vendor-items';
import { acceptsUsage } from '../state/periods';

/** Rates that periods still taking usage are billed by. */
const ratesInUse = (state: BillingState): string[] => [
  ...new Set(
    state.periods.filter(acceptsUsage).flatMap(({ terms }) => terms.rates.map(({ id }) => id)),
  ),
];

export interface ItemArrangement {
  readonly missing: string[];
  readonly superfluous: string[];
  /** Rates whose price is to be exchanged. */
  readonly outdated: string[];
}

/** How many items there are, of the base price too, and how many there can be. */
export interface ItemRoom {
  readonly items: number;
  readonly itemsMax: number;
}

/** Tells what the subscription's items lack, or have without need. */
export function itemsToArrange(
  state: BillingState,
  rateItems: Readonly<Record<string, number>>,
  room?: ItemRoom,
): ItemArrangement & { readonly exceeding: string[] } {
  const current = state.periods.at(-1);
  const nothing = { missing: [], superfluous: [], outdated: [], exceeding: [] };
  if (!current || state.billingStatus === 'ended') return nothing;
  const inUse = ratesInUse(state);
  const own = ratesFromStart(current.terms).map(({ id }) => id);
  const soldRates = current.terms.rates.map(({ id }) => id);
  const used = usedRates(current).filter((id) => soldRates.includes(id) && !own.includes(id));
  const isMissing = (id: string): boolean => rateItems[id] === undefined;
  const firstUsed = used.filter(isMissing);
  const missing = [...own.filter(isMissing), ...firstUsed];
  const unused = Object.keys(rateItems).filter((id) => !inUse.includes(id));
  // Stripe keeps no subscription without an item: the last ones wait for the plan that uses them.
  const superfluous = room && missing.length === 0 && unused.length >= room.items ? [] : unused;
  const lack = lackOf(room, missing.length - superfluous.length);
  const idle = idleItems(state, rateItems).slice(0, lack);
  const exceeding = firstUsed.slice(Math.max(0, firstUsed.length - (lack - idle.length)));
  return {
    missing: missing.filter((id) => !exceeding.includes(id)),
    superfluous: [...superfluous, ...idle].sort(),
    outdated: isAlone(state) ? [...(current.outdatedItems ?? [])] : [],
    exceeding,
  };
}

const lackOf = (room: ItemRoom | undefined, more: number): number =>
  room ? Math.max(0, room.items + more - room.itemsMax) : 0;

/** Items of vendors that no open period has tokens of, the oldest first: they make room. */
function idleItems(state: BillingState, rateItems: Readonly<Record<string, number>>): string[] {
  const openPeriods = state.periods.filter(acceptsUsage);
  const keptRates = openPeriods.flatMap((period) => [
    ...ratesFromStart(period.terms).map(({ id }) => id),
    ...usedRates(period),
  ]);
  const inUse = ratesInUse(state);
  return Object.entries(rateItems)
    .filter(([id]) => inUse.includes(id) && !keptRates.includes(id))
    .sort(([a, since], [b, other]) => since - other || (a < b ? -1 : 1))
    .map(([id]) => id);
}

/** The draft of an earlier period may follow its items: they stay until it is finalized. */
const isAlone = ({ periods }: BillingState): boolean => periods.filter(acceptsUsage).length === 1;
