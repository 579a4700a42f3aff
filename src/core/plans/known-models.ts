/** Which models a catalog says something of, and what it sells any model for. */
import { modelNamer } from '../usage/model-names';
import { planTerms } from './catalog';
import type { Catalog } from './catalog';
import { findRate, modelMatches } from './plan';

/** Tells which models the catalog says something of, beyond a rate for all there are. */
export function knownModels(catalog: Catalog): (model: string) => boolean {
  const vendorRates = new Set(catalog.vendors.flatMap(({ rates }) => rates));
  const ownRates = catalog.rates.filter(({ id }) => !vendorRates.has(id));
  const patterns = ownRates.flatMap(({ models }) => models).filter((pattern) => pattern !== '*');
  const costed = new Set(catalog.costBook.map(({ model }) => model));
  // One price for everything, and no costs: it doesn't matter what a model is called.
  if (costed.size === 0 && patterns.length === 0) return () => true;
  return (model) => costed.has(model) || patterns.some((pattern) => modelMatches(pattern, model));
}

/** Tells whether a model that was noted would be noted today: the catalog may say more now. */
export function stillUnknown(catalog: Catalog): (model: string) => boolean {
  const isKnown = knownModels(catalog);
  const nameOf = modelNamer(catalog.modelNames);
  return (model) => !isKnown(model) && nameOf({ model }) === model;
}

export interface RateOfModel {
  readonly plan: string;
  /** null: no rate of the plan prices it, so its tokens are billed nowhere. */
  readonly rate: string | null;
  readonly pricePerMillionTokens: string | null;
}

/** Plans whose tokens are unlimited price none, and are left out. */
export const ratesOfModel = (catalog: Catalog, model: string): RateOfModel[] =>
  catalog.plans
    .filter(({ includedTokens }) => includedTokens !== null)
    .map(({ id }) => {
      const rate = findRate(planTerms(catalog, id).rates, { model, tokenType: 'output' });
      const pricePerMillionTokens = rate?.pricePerMillionTokens ?? null;
      return { plan: id, rate: rate?.id ?? null, pricePerMillionTokens };
    });
