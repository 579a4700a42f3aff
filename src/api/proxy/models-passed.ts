/** Where the operator says so, only what somebody has priced or costed is passed on. */
import { DomainError } from '../../core/errors';
import type { Catalog } from '../../core/plans/catalog';
import { knownModels } from '../../core/plans/known-models';
import { modelNamer } from '../../core/usage/model-names';

/** The check throws `forbidden`. */
export function requireKnownModel(catalog: Catalog): (model: string) => void {
  const isKnown = knownModels(catalog);
  const nameOf = modelNamer(catalog.modelNames);
  return (model) => {
    if (isKnown(nameOf({ model }))) return;
    throw new DomainError(
      'forbidden',
      `model is ${JSON.stringify(model)}, of which the catalog says nothing, and only models that it ` +
        'knows pass (OPENAI_MODELS=known). Ask the operator to name it in a rate, in the cost book ' +
        'or in modelNames.',
    );
  };
}
