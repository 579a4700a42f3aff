/**
 * The lines that a quantity of a price makes. Most prices make one; a graduated one makes one for
 * every tier reached, and one more where the tier has a flat amount, each rounded by itself.
 */
import Decimal from 'decimal.js';
import type { Price, Tier } from '../objects';
import { exactAmount, roundToCents } from './rating';

export interface LinePart {
  quantity: number;
  amount: number;
  unitAmount: string | null;
  description: string;
}

export function partsOf(price: Price, quantity: number, name: string): LinePart[] {
  if (price.billing_scheme === 'tiered' && price.tiers_mode === 'graduated')
    return graduated(price, quantity, name);
  return [
    {
      quantity,
      amount: roundToCents(exactAmount(price, quantity)),
      unitAmount: price.unit_amount_decimal,
      description: `${quantity} × ${name}`,
    },
  ];
}

/** What a quantity costs in all: the sum of its lines. */
export function lineAmount(price: Price, quantity: number): number {
  return partsOf(price, quantity, '').reduce((sum, { amount }) => sum + amount, 0);
}

function graduated(price: Price, quantity: number, name: string): LinePart[] {
  const parts: LinePart[] = [];
  let lowerBound = 0;
  for (const [index, tier] of (price.tiers ?? []).entries()) {
    // The first tier is there even with no usage at all.
    if (quantity <= lowerBound && index > 0) break;
    const units = Math.max(0, Math.min(quantity, tier.up_to ?? Infinity) - lowerBound);
    parts.push(...tierParts(price, tier, units, `${name} (Tier ${index + 1} at `));
    lowerBound = tier.up_to ?? Infinity;
  }
  return parts;
}

function tierParts(price: Price, tier: Tier, units: number, name: string): LinePart[] {
  const unit = tier.unit_amount_decimal ?? '0';
  const intervalText = price.recurring ? ` / ${price.recurring.interval})` : ')';
  const usage = {
    quantity: units,
    amount: roundToCents(new Decimal(unit).times(units)),
    unitAmount: unit,
    description: `${units} × ${name}${money(unit, price.currency)}${intervalText}`,
  };
  if (tier.flat_amount_decimal === null) return [usage];
  const flatPart = {
    quantity: 0,
    amount: roundToCents(new Decimal(tier.flat_amount_decimal)),
    unitAmount: '0',
    description: `${name}${money(tier.flat_amount_decimal, price.currency)}${intervalText}`,
  };
  return [usage, flatPart];
}

function money(cents: string, currency: string): string {
  const major = new Decimal(cents).div(100);
  const text = major.toFixed(Math.max(2, major.decimalPlaces()));
  return currency === 'usd' ? `$${text}` : `${text} ${currency.toUpperCase()}`;
}
