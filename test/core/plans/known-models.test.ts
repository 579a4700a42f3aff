/** Goal: it is told which models a catalog knows, and what each plan sells a model for. */
import { knownModels, ratesOfModel, stillUnknown } from '../../../src/core/plans/known-models';
import type { Catalog } from '../../../src/core/plans/catalog';
import { aCatalogPlan, aCatalogRate, someCatalog } from '../../support/builders/catalogs';

const forModels = (...models: string[]): Catalog =>
  someCatalog({ rates: [aCatalogRate(), aCatalogRate({ id: 'premium', models })] });

describe('a model is known', () => {
  test.each<[string, Catalog, string, boolean]>([
    ['whatever it is called, to a catalog of one price', forModels('*'), 'x', true],
    ['by its name in a rate', forModels('gpt-4o'), 'gpt-4o', true],
    ['not by the beginning of a name', forModels('gpt-4o'), 'gpt-4', false],
    ['not by more than a name', forModels('gpt-4o'), 'gpt-4o-mini', false],
    ['by one of several prefixes', forModels('gpt-*', 'claude-*'), 'claude-opus', true],
    ['not by a prefix that it lacks', forModels('gpt-*'), 'xgpt-', false],
    ['not by a prefix as it is written', forModels('gpt-*'), 'gpt', false],
    [
      'not beside a cost book that names others',
      someCatalog({
        rates: [aCatalogRate()],
        costBook: [
          { model: 'm', tokenType: 'input', from: '2026-01-01', costPerMillionTokens: '1' },
        ],
      }),
      ...(['x', false] as const),
    ],
  ])('%s', (_how, catalog, model, isKnown) => {
    expect(knownModels(catalog)(model)).toBe(isKnown);
  });
});

test('a model that was noted stays so until the catalog knows it, or another name for it', () => {
  const isUnknown = (catalog: Catalog) => stillUnknown(catalog)('house-model');
  const catalog = forModels('gpt-4o');
  expect(isUnknown(catalog)).toBe(true);
  expect(isUnknown(forModels('house-model'))).toBe(false);
  const modelNames = [{ names: ['house-model'], model: 'gpt-4o' }];
  expect(isUnknown({ ...catalog, modelNames })).toBe(false);
});

test('each plan with a price for tokens tells its rate for the model, or that it has none', () => {
  const output = aCatalogRate({
    ...{ id: 'premium', models: ['gpt-4o'], pricePerMillionTokens: '40.00' },
    tokenTypes: ['output'],
  });
  const catalog = someCatalog({
    plans: [
      aCatalogPlan(),
      aCatalogPlan({ id: 'narrow', rates: ['premium'] }),
      aCatalogPlan({ id: 'unlimited', includedTokens: null }),
    ],
    rates: [aCatalogRate(), output],
  });
  expect(ratesOfModel(catalog, 'gpt-4o')).toEqual([
    { plan: 'starter', rate: 'premium', pricePerMillionTokens: '40.00' },
    { plan: 'narrow', rate: 'premium', pricePerMillionTokens: '40.00' },
  ]);
  expect(ratesOfModel(catalog, 'mini')).toEqual([
    { plan: 'starter', rate: 'standard', pricePerMillionTokens: '3.00' },
    { plan: 'narrow', rate: null, pricePerMillionTokens: null },
  ]);
});
