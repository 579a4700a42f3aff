/**
 * What of usage prices, costs and allowances go by. Models that none of it tells apart may be
 * summed as one, under the name of any of them: every figure stays what it was.
 */
import type { Catalog } from './catalog';
import type { PlanTerms } from './plan';

export interface ToldApart {
  /** These models are known by name. */
  readonly models: readonly string[];
  /** The longest of these that a model begins with is all that matters of any other. */
  readonly prefixes: readonly string[];
  /** These vendors are known by name; the others are all alike. */
  readonly vendors: readonly string[];
  /** YYYY-MM-DD, ascending: costs change on these days, and on no other. */
  readonly days: readonly string[];
}

/** This is what a period's amounts go by. */
export function toldByTerms(
  { rates, allowanceVendors = [] }: Pick<PlanTerms, 'rates' | 'allowanceVendors'>,
  { vendors }: Pick<Catalog, 'vendors'>,
): ToldApart {
  const patterns = rates.flatMap(({ models }) => models);
  const sellers = rates.flatMap(({ vendor }) => (vendor === undefined ? [] : [vendor]));
  return {
    models: unique(patterns.filter((pattern) => !pattern.endsWith('*'))),
    prefixes: unique(
      patterns.filter((pattern) => pattern.endsWith('*')).map((pattern) => pattern.slice(0, -1)),
    ),
    vendors: unique([...sellers, ...allowanceVendors, ...vendors.map(({ id }) => id)]),
    days: [],
  };
}

/** This is what a margin goes by: the amounts, and what the provider charges. */
export function toldByMargin(
  terms: Pick<PlanTerms, 'rates' | 'allowanceVendors'>,
  catalog: Pick<Catalog, 'vendors' | 'costBook'>,
): ToldApart {
  const priced = toldByTerms(terms, catalog);
  return {
    ...priced,
    models: unique([...priced.models, ...catalog.costBook.map(({ model }) => model)]),
    days: unique(catalog.costBook.map(({ from }) => from)).sort(),
  };
}

const unique = (texts: readonly string[]): string[] => [...new Set(texts)];
