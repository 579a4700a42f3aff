/** Exact decimals, rounded half up to whole cents once a line. */
import Decimal from 'decimal.js';
import type { Price, Tier } from '../objects';

const Exact = Decimal.clone({ precision: 60, rounding: Decimal.ROUND_HALF_UP });

export function roundToCents(amount: Decimal): number {
  // A half is rounded away from zero, for credits as for charges.
  return new Exact(amount).toDecimalPlaces(0, Decimal.ROUND_HALF_UP).toNumber() + 0;
}

export function prorated(amount: number, part: number, total: number): number {
  return roundToCents(new Exact(amount).times(part).div(total));
}

/** The amount at any price but a graduated one, which makes a line a tier. */
export function exactAmount(price: Price, quantity: number): Decimal {
  if (price.billing_scheme === 'tiered') {
    const tiers = price.tiers ?? [];
    return volume(tiers, quantity);
  }
  const packages = price.transform_quantity;
  const chargedQuantity = packages
    ? new Exact(quantity)
        .div(packages.divide_by)
        .toDecimalPlaces(0, packages.round === 'up' ? Decimal.ROUND_UP : Decimal.ROUND_DOWN)
    : new Exact(quantity);
  return chargedQuantity.times(price.unit_amount_decimal ?? '0');
}

function volume(tiers: readonly Tier[], quantity: number): Decimal {
  const tier = tiers.find(({ up_to }) => up_to === null || quantity <= up_to);
  if (!tier) return new Exact(0);
  return new Exact(tier.unit_amount_decimal ?? '0')
    .times(quantity)
    .plus(tier.flat_amount_decimal ?? '0');
}
