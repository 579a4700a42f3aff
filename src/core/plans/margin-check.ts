/**
 * The margin check: no rate may be cheaper than what the provider charges us for a model that the
 * rate prices, neither today nor from a dated row on that is already in the cost book.
 */
import { catalogRates, planTerms } from './catalog';
import type { Catalog, CostRow } from './catalog';
import { compareDecimals, subtractDecimals } from '../money';
import { findRate } from './plan';
import type { TokenType } from '../usage/usage';

export interface MarginFault {
  readonly rateId: string;
  /** Plans in which the rate prices this model. */
  readonly plans: readonly string[];
  readonly model: string;
  readonly tokenType: TokenType;
  /** First day of the cost. */
  readonly from: string;
  readonly pricePerMillionTokens: string;
  readonly costPerMillionTokens: string;
  /** Cost − price: what every million tokens loses. */
  readonly lossPerMillionTokens: string;
}

/** Faults on `onDate` (YYYY-MM-DD) or later, in the catalog's order of rates. */
export function marginFaults(catalog: Catalog, onDate: string): MarginFault[] {
  const plansByRateAndRow = new Map<string, string[]>();
  const rows = rowsInEffect(catalog.costBook, onDate);
  for (const plan of catalog.plans) {
    const { rates } = planTerms(catalog, plan.id);
    rows.forEach((row, index) => {
      const rate = findRate(rates, row);
      if (!rate || compareDecimals(row.costPerMillionTokens, rate.pricePerMillionTokens) <= 0) {
        return;
      }
      const key = `${rate.id} ${index}`;
      plansByRateAndRow.set(key, [...(plansByRateAndRow.get(key) ?? []), plan.id]);
    });
  }
  return catalogRates(catalog).flatMap((rate) =>
    rows.flatMap((row, index) => {
      const plans = plansByRateAndRow.get(`${rate.id} ${index}`);
      if (!plans) return [];
      return [
        {
          rateId: rate.id,
          plans,
          ...row,
          pricePerMillionTokens: rate.pricePerMillionTokens,
          lossPerMillionTokens: subtractDecimals(
            row.costPerMillionTokens,
            rate.pricePerMillionTokens,
          ),
        },
      ];
    }),
  );
}

/** One sentence with the numbers and the ways out. */
export function describeMarginFault(fault: MarginFault): string {
  return (
    `Rate ${fault.rateId} (${fault.plans.join(', ')}) sells ${fault.model} ${fault.tokenType} ` +
    `tokens at ${fault.pricePerMillionTokens} per million, but they cost ` +
    `${fault.costPerMillionTokens} from ${fault.from}: every million loses ` +
    `${fault.lossPerMillionTokens}. Raise the price, or put the model under a dearer rate.`
  );
}

/** For each model and token type, the row in effect on the day, and all that start later. */
function rowsInEffect(costBook: readonly CostRow[], onDate: string): CostRow[] {
  return costBook.filter(
    (row) =>
      !costBook.some(
        (other) =>
          other.model === row.model &&
          other.tokenType === row.tokenType &&
          other.from > row.from &&
          other.from <= onDate,
      ),
  );
}
