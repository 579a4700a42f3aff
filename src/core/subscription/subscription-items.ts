/** Which metered prices the subscription at Stripe needs for the plans that hold. */
import type { BillingState } from './billing-state';
import { acceptsUsage } from './rating';

/** Rates that periods still taking usage are billed by. */
const ratesInUse = (state: BillingState): string[] => [
  ...new Set(
    state.periods.filter(acceptsUsage).flatMap(({ terms }) => terms.rates.map(({ id }) => id)),
  ),
];

/** What the subscription's items lack, or have without need. */
export function itemsToArrange(
  state: BillingState,
  rateItems: Readonly<Record<string, number>>,
): { readonly missing: string[]; readonly superfluous: string[] } {
  const current = state.periods.at(-1);
  if (!current || state.billingStatus === 'ended') return { missing: [], superfluous: [] };
  const inUse = ratesInUse(state);
  const wanted = current.terms.rates.map(({ id }) => id);
  return {
    missing: wanted.filter((id) => rateItems[id] === undefined),
    superfluous: Object.keys(rateItems)
      .filter((id) => !inUse.includes(id))
      .sort(),
  };
}
