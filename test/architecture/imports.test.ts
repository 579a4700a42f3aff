/** Who imports whom, kept by a test: and each rule shown to catch what it is for. */
import { circlesOfImports } from './circles';
import { forbiddenImports, needlessPermissions, unusedFiles } from './import-rules';
import type { SourceFile } from './source-file';
import { readSources } from './source-file';

const sources = readSources();

test('imports point downwards only', () => {
  expect(forbiddenImports(sources)).toEqual([]);
});

test('no import is allowed that nobody needs', () => {
  expect(needlessPermissions(sources)).toEqual([]);
});

test('no file imports itself, by whatever way', () => {
  expect(circlesOfImports(sources)).toEqual([]);
});

test('every file is imported by another or is an entry point', () => {
  expect(unusedFiles(sources)).toEqual([]);
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
    [
      'production imports a stand-in',
      'src/processes/worker.ts',
      `import { x } from '../dev/stack';`,
    ],
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
      'src/processes/services.ts',
      `import { x } from '../traces/start-traces';`,
    ],
    ['the SDK takes our types', 'src/sdk/a.ts', `import type { X } from '../core/usage';`],
    ['the SDK needs a package', 'src/sdk/a.ts', `import { x } from 'zod';`],
    ['the SDK loads a client', 'src/sdk/a.ts', `import OpenAI from 'openai';`],
    ['the API meters calls by itself', 'src/api/a.ts', `import { x } from '../sdk/call-usage';`],
    [
      'the proxy is a client of the API',
      'src/api/proxy/a.ts',
      `import { x } from '../../sdk/client';`,
    ],
    ['the worker knows the API', 'src/processes/a.ts', `import { x } from '../api/app';`],
    ['metrics know the API', 'src/metrics/a.ts', `import { x } from '../api/app';`],
    ['the connection knows the API', 'src/temporal/a.ts', `import { x } from '../api/app';`],
    ['links know their pages', 'src/links/a.ts', `import { x } from '../dashboard/html';`],
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
      'src/api/proxy/a.ts',
      `import { x } from '../../sdk/call-usage';`,
    ],
    [
      'ingest knows the contract',
      'src/ingest/a.ts',
      `import { x } from '../../workflows/contract';`,
    ],
  ])('allowed: %s', (_case, path, text) => {
    expect(forbiddenImports([file(path, text)])).toEqual([]);
  });

  test('a file that nobody imports', () => {
    const files = [
      file('src/cli/tollkeeper.ts', `import '../a';`),
      file('src/a.ts', ''),
      file('src/b.ts', ''),
    ];
    expect(unusedFiles(files)).toEqual(['src/b.ts is imported by no file']);
  });

  test('a circle, be it of types, and names it', () => {
    const files = [
      file('src/core/a.ts', `import type { B } from './b';`),
      file('src/core/b.ts', `import { c } from './c';`),
      file('src/core/c.ts', `export { a } from './a';\nimport { d } from './d';`),
      file('src/core/d.ts', ''),
    ];
    expect(circlesOfImports(files)).toEqual([
      'src/core/a.ts → src/core/b.ts → src/core/c.ts → src/core/a.ts is a circle',
    ]);
  });

  test('a file that imports itself', () => {
    const files = [file('src/core/a.ts', `import { a } from './a';`)];
    expect(circlesOfImports(files)).toHaveLength(1);
  });

  test('a permission that is not used', () => {
    const files = [
      file('src/db/a.ts', `import { x } from '../core/a';`),
      file('src/core/a.ts', ''),
    ];
    const table = { 'src/db': ['src/core', 'type:src/stripe'], 'src/core': [] };
    expect(needlessPermissions(files, table)).toEqual([
      'src/db may import type:src/stripe, and does not',
    ]);
  });
});
