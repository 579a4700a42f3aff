/**
 * Goal: a model is priced as what it is, by whatever name it was called; and one that the catalog
 * says nothing of is told apart from one that it knows.
 */
import fc from 'fast-check';
import type { Catalog } from '../../../src/core/plans/catalog';
import { knownModels } from '../../../src/core/plans/known-models';
import { modelNamer } from '../../../src/core/usage/model-names';
import type { ModelNameRule } from '../../../src/core/usage/model-names';

/** The names that bug reports tell of: ../shared/reviews/llm-usage.md, 15. */
const RULES: readonly ModelNameRule[] = [
  { names: ['openrouter/auto', 'model-router'], model: 'reported' },
  { names: ['openai/*', 'azure/*', 'anthropic/*', 'us.anthropic.*'], model: '*' },
  { names: ['team-chat', 'chatgpt-4o-latest', 'gpt-4o'], model: 'gpt-4o' },
  { names: ['claude-opus-4.5', 'claude-opus-4-5-v1:0'], model: 'claude-opus-4-5' },
  { names: ['ft:gpt-4o-*'], model: 'gpt-4o-fine-tuned' },
  { names: ['gpt-4o', 'gpt-4o-2*'], serviceTier: 'flex', model: 'gpt-4o/flex' },
];

const cases: [string, { reportedModel?: string; serviceTier?: string }, string][] = [
  ['gpt-4o', {}, 'gpt-4o'],
  ['GPT-4o', {}, 'gpt-4o'],
  ['openai/gpt-4o', {}, 'gpt-4o'],
  ['azure/gpt-4o-2024-08-06', {}, 'gpt-4o-2024-08-06'],
  ['anthropic/claude-opus-4.5', {}, 'claude-opus-4-5'],
  ['us.anthropic.claude-opus-4-5-v1:0', {}, 'claude-opus-4-5'],
  ['team-chat', { reportedModel: 'gpt-4o-2024-08-06' }, 'gpt-4o'],
  ['ft:gpt-4o-2024-08-06:acme::abc', {}, 'gpt-4o-fine-tuned'],
  ['openrouter/auto', { reportedModel: 'anthropic/claude-opus-4.5' }, 'claude-opus-4-5'],
  ['openrouter/auto', {}, 'openrouter/auto'],
  ['gpt-4o', { serviceTier: 'flex' }, 'gpt-4o/flex'],
  ['openai/gpt-4o', { serviceTier: 'flex' }, 'gpt-4o/flex'],
  ['gpt-4o', { serviceTier: 'priority' }, 'gpt-4o'],
  ['gpt-4o-mini', { serviceTier: 'flex' }, 'gpt-4o-mini'],
  ['openai/', {}, 'openai/'],
];

test.each(cases)('%s with %j is %s in the ledger', (model, metadata, expected) => {
  expect(modelNamer(RULES)({ model, metadata })).toBe(expected);
});

test('without a rule every model keeps its name', () => {
  fc.assert(
    fc.property(fc.string(), (model) => {
      expect(modelNamer([])({ model })).toBe(model);
    }),
  );
});

test('whatever the rules, a model never loses its name', () => {
  const name = fc.constantFrom('a', 'ab', 'a*', 'b*', '*', 'abc');
  const rule = fc.record({ names: fc.array(name, { minLength: 1 }), model: name });
  fc.assert(
    fc.property(fc.array(rule), fc.string({ minLength: 1 }), (rules, model) => {
      expect(modelNamer(rules)({ model })).not.toBe('');
    }),
  );
});

describe('a catalog', () => {
  const catalog = {
    rates: [
      { id: 'standard', models: ['*'] },
      { id: 'premium', models: ['gpt-4o', 'claude-opus-*'] },
      { id: 'acme_tokens', models: ['acme-*'] },
    ],
    vendors: [{ id: 'acme', rates: ['acme_tokens'] }],
    costBook: [{ model: 'gpt-4o-mini' }],
    modelNames: [{ names: ['team-chat'], model: 'house-model' }],
  } as unknown as Catalog;

  test.each([
    ['gpt-4o', true],
    ['claude-opus-5', true],
    ['gpt-4o-mini', true],
    ['house-model', false],
    ['gpt-5', false],
    ['acme-large', false],
  ])('that a rate for all prices %s: the catalog knows it: %s', (model, isKnown) => {
    expect(knownModels(catalog)(model)).toBe(isKnown);
  });

  test('that has one price and no costs has nothing to tell of any model', () => {
    const flat = {
      rates: [{ id: 'all', models: ['*'] }],
      vendors: [],
      costBook: [],
    } as unknown as Catalog;
    expect(knownModels(flat)('anything')).toBe(true);
  });
});

test.each<[string, ModelNameRule, Record<string, unknown> | undefined, string]>([
  ['without metadata', { names: ['auto'], model: 'reported' }, undefined, 'auto'],
  [
    'with a report that is no name',
    { names: ['auto'], model: 'reported' },
    { reportedModel: 7 },
    'auto',
  ],
  ['with an empty report', { names: ['auto'], model: 'reported' }, { reportedModel: '' }, 'auto'],
  ['of no tier', { names: ['auto'], serviceTier: 'flex', model: 'x' }, undefined, 'auto'],
  ['by a prefix put before it', { names: ['auto'], model: 'house/*' }, undefined, 'house/auto'],
])('a model that was sent %s is named by what is known of it', (_how, rule, metadata, name) => {
  expect(modelNamer([rule])({ model: 'auto', metadata })).toBe(name);
});

test('an empty report takes no name that a rule above has given', () => {
  const rules: ModelNameRule[] = [
    { names: ['auto'], model: 'router' },
    { names: ['router'], model: 'reported' },
  ];
  expect(modelNamer(rules)({ model: 'auto', metadata: { reportedModel: '' } })).toBe('router');
});
