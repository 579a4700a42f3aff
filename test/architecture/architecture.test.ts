/** The shape of the tree, kept by a test: and each rule shown to catch what it is for. */
import { forbiddenImports, unusedFiles } from './import-rules';
import type { SourceFile } from './source-file';
import { readSources } from './source-file';
import { forbiddenUses, untidiness } from './tidy-rules';

const sources = readSources();

test('imports point downwards only', () => {
  expect(forbiddenImports(sources)).toEqual([]);
});

test('every file is imported by another or is an entry point', () => {
  expect(unusedFiles(sources)).toEqual([]);
});

test('environment, clock, chance and Stripe clients stay where they belong', () => {
  expect(sources.flatMap(forbiddenUses)).toEqual([]);
});

test('files are short, well named, finished, and begin with what they own', () => {
  expect(sources.flatMap(untidiness)).toEqual([]);
});

const file = (path: string, text: string): SourceFile => ({ path, text });

describe('each rule catches its fault', () => {
  test.each([
    ['core imports the database', 'src/core/a.ts', `import { x } from '../db/pool';`],
    ['core imports a package', 'src/core/a.ts', `import { x } from 'zod';`],
    ['core imports Node', 'src/core/a.ts', `import { x } from 'node:fs';`],
    ['core exports on from the database', 'src/core/a.ts', `export { x } from '../db/pool';`],
    ['the database imports Stripe', 'src/db/a.ts', `import { x } from '../stripe/client';`],
    ['a workflow runs an activity', 'workflows/a.ts', `import { x } from '../activities';`],
    ['a workflow reads the ledger', 'workflows/a.ts', `import { x } from '../src/db/pool';`],
    ['an activity imports a workflow', 'activities/a.ts', `import { x } from '../workflows/a';`],
    ['the API imports a workflow', 'src/api/a.ts', `import { x } from '../../workflows/billing';`],
    ['production imports a stand-in', 'src/worker.ts', `import { x } from './dev/stack';`],
    ['the CLI imports the stack at once', 'src/cli/a.ts', `import { x } from '../dev/stack';`],
    ['the API loads a stand-in', 'src/api/a.ts', `const x = await import('../dev/stack.js');`],
    ['a stand-in shares our money', 'src/dev/a.ts', `import { x } from '../core/money';`],
    ['a stand-in takes our types', 'src/dev/a.ts', `import type { X } from '../core/money';`],
    ['a page reads the ledger', 'src/dashboard/a.ts', `import { x } from '../db/pool';`],
    [
      'a browser gets our money',
      'src/dashboard/app/a.tsx',
      `import { x } from '../../core/money';`,
    ],
    ['a browser gets the server', 'src/dashboard/app/a.tsx', `import { x } from '../html';`],
    ['a browser loads another package', 'src/dashboard/app/a.tsx', `import { x } from 'zod';`],
    ['product code imports a test', 'src/api/a.ts', `import { x } from '../../test/support/a';`],
    [
      'what sends traces is loaded at once',
      'src/services.ts',
      `import { x } from './traces/start-traces';`,
    ],
    ['the SDK takes our types', 'src/sdk/a.ts', `import type { X } from '../core/usage';`],
    ['the SDK needs a package', 'src/sdk/a.ts', `import { x } from 'zod';`],
    ['the SDK loads a client', 'src/sdk/a.ts', `import OpenAI from 'openai';`],
    ['the API meters calls by itself', 'src/api/a.ts', `import { x } from '../sdk/call-usage';`],
    [
      'the proxy is a client of the API',
      'src/api/openai-proxy/a.ts',
      `import { x } from '../../sdk/client';`,
    ],
    ['core requires a file', 'src/core/a.ts', `const x = require('../db/pool');`],
  ])('%s', (_fault, path, text) => {
    expect(forbiddenImports([file(path, text)])).toHaveLength(1);
  });

  test.each([
    [
      'a workflow knows activities by type',
      'workflows/a.ts',
      `import type { X } from '../activities';`,
    ],
    ['money may use decimals', 'src/core/money.ts', `import { Decimal } from 'decimal.js';`],
    ['the CLI loads the stack', 'src/cli/a.ts', `const x = await import('../dev/stack.js');`],
    ['the SDK knows a client by type', 'src/sdk/a.ts', `import type OpenAI from 'openai';`],
    [
      'the proxy meters as the SDK does',
      'src/api/openai-proxy/a.ts',
      `import { x } from '../../sdk/call-usage';`,
    ],
    ['the API knows the contract', 'src/api/a.ts', `import { x } from '../../workflows/contract';`],
  ])('allowed: %s', (_case, path, text) => {
    expect(forbiddenImports([file(path, text)])).toEqual([]);
  });

  test('a file that nobody imports', () => {
    const files = [file('src/cli.ts', `import './a';`), file('src/a.ts', ''), file('src/b.ts', '')];
    expect(unusedFiles(files)).toEqual(['src/b.ts is imported by no file']);
  });

  test.each([
    ['the environment', 'src/api/a.ts', 'const a = process.env.PORT;'],
    ['the environment, by brackets', 'src/api/a.ts', `const a = process['env'];`],
    ['the clock', 'src/core/a.ts', 'const a = Date.now();'],
    ['the clock, by a date', 'src/core/a.ts', 'const a = new Date();'],
    ['chance', 'src/core/a.ts', 'const a = Math.random();'],
    ['a timer', 'src/core/a.ts', 'setTimeout(() => 0, 1);'],
    ['a Stripe client', 'src/api/a.ts', `const a = new Stripe('sk');`],
  ])('%s', (_fault, path, text) => {
    expect(forbiddenUses(file(path, text))).toHaveLength(1);
  });

  test('a sentence about the environment breaks no rule', () => {
    const text = '/** Never process.env. */\nconst a = "process.env and Date.now()";';
    expect(forbiddenUses(file('src/core/a.ts', text))).toEqual([]);
  });

  const owned = '/** Owns. */\n';
  test.each([
    ['too many lines', 'src/a.ts', owned + 'x;\n'.repeat(250)],
    ['a line too long', 'src/a.ts', `${owned}// ${'x'.repeat(98)}`],
    ['a name that says nothing', 'src/api/utils.ts', owned],
    ['a name in camel case', 'src/api/someFile.ts', owned],
    ['unfinished work', 'src/a.ts', `${owned}// ${'TO'}${'DO'}: later`],
    ['the host of a registry', 'Dockerfile', `ENV A=https://registry.${'npmjs'}.org`],
    ['no word on what it owns', 'src/a.ts', 'export const a = 1;'],
  ])('%s', (_fault, path, text) => {
    expect(untidiness(file(path, text))).toHaveLength(1);
  });
});
