/** The shape of each file, kept by a test: and each rule shown to catch what it is for. */
import { deadReferences, halfSentences } from './comment-rules';
import { crowdedFolders } from './folder-rules';
import { longFunctions } from './function-rules';
import type { SourceFile } from './source-file';
import { readPaths, readSources } from './source-file';
import { untidiness } from './tidy-rules';
import { forbiddenUses } from './use-rules';
import { fragments, isGoneThrough, namesThatAreNoNouns } from './word-rules';

const sources = readSources();

test('environment, clock, chance and Stripe clients stay where they belong', () => {
  expect(sources.flatMap(forbiddenUses)).toEqual([]);
});

test('files are short, well named, finished, and begin with what they own', () => {
  expect(sources.flatMap(untidiness)).toEqual([]);
});

test('folders are short, or flat for a reason', () => {
  expect(crowdedFolders(sources)).toEqual([]);
});

test('functions are short', () => {
  expect(sources.flatMap(longFunctions)).toEqual([]);
});

test('comments begin with what they are about', () => {
  expect(sources.flatMap(halfSentences)).toEqual([]);
});

test('comments have a subject, where words were gone through', () => {
  expect(sources.filter(isGoneThrough).flatMap(fragments)).toEqual([]);
});

test('variables are nouns, where words were gone through', () => {
  expect(sources.filter(isGoneThrough).flatMap(namesThatAreNoNouns)).toEqual([]);
});

test('comments name files that are there', () => {
  const paths = readPaths();
  expect(sources.flatMap((source) => deadReferences(source, paths))).toEqual([]);
});

const file = (path: string, text: string): SourceFile => ({ path, text });

describe('each rule catches its fault', () => {
  test.each([
    ['the environment', 'src/api/a.ts', 'const a = process.env.PORT;'],
    ['the environment, by brackets', 'src/api/a.ts', `const a = process['env'];`],
    ['the clock', 'src/core/a.ts', 'const a = Date.now();'],
    ['the clock, by a date', 'src/core/a.ts', 'const a = new Date();'],
    ['chance', 'src/core/a.ts', 'const a = Math.random();'],
    ['a timer', 'src/core/a.ts', 'setTimeout(() => 0, 1);'],
    ['a Stripe client', 'src/api/a.ts', `const a = new Stripe('sk');`],
    ['a wait without end', 'workflows/a.ts', 'await condition(() => state.isMet);'],
    [
      'a wait under another name',
      'workflows/a.ts',
      `import { condition as w } from '@temporalio/workflow';`,
    ],
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

  const folderOf = (count: number, folder = 'src/api') =>
    Array.from({ length: count }, (_, index) => ({ path: `${folder}/a${index}.ts` }));

  test('a folder with too many files', () => {
    expect(crowdedFolders(folderOf(16), {})).toEqual(['src/api has 16 files: 15 is the most']);
    expect(crowdedFolders(folderOf(15), {})).toEqual([]);
    expect(crowdedFolders(folderOf(16), { 'src/api': 'flat' })).toEqual([]);
  });

  test('an exception that is not needed any more', () => {
    expect(crowdedFolders(folderOf(15), { 'src/api': 'flat' })).toEqual([
      'src/api needs no exception: it has 15 files',
    ]);
  });

  const body = (lines: number) => `{\n${'  x();\n'.repeat(lines - 2)}}`;
  test.each([
    ['a function', `function a() ${body(61)}`],
    ['an arrow', `const a = () => ${body(61)};`],
    ['a method', `class A {\n  a() ${body(61)}\n}`],
    ['a function within another', `const a = [() => ${body(61)}];`],
  ])('%s that is too long', (_fault, text) => {
    expect(longFunctions(file('src/a.ts', text))).toHaveLength(1);
    expect(longFunctions(file('src/a.ts', text.replace('  x();\n', '')))).toEqual([]);
  });

  test('a test that is too long, and no group of tests', () => {
    const test = `test('a', () => ${body(111)});`;
    expect(longFunctions(file('test/a.test.ts', test))).toHaveLength(1);
    const group = `describe('a', () => ${body(111)});`;
    expect(longFunctions(file('test/a.test.ts', group))).toEqual([]);
  });

  test.each([
    ['a doc comment', 'src/a.ts', '/** Of a customer. */\nconst a = 1;'],
    ['a comment of several lines', 'src/a.ts', '/**\n * Of a customer\n * whoever.\n */\nf();'],
    ['a line', 'src/a.ts', '// Of a customer.\nf();'],
    ['a comment behind code', 'src/a.ts', 'f(); // Of a customer.'],
    ['a column', 'src/db/migrations/1.sql', '-- Of a customer.\nid text'],
  ])('%s that begins in the middle', (_fault, path, text) => {
    expect(halfSentences(file(path, text))).toHaveLength(1);
  });

  test('a sentence that goes on in the next line begins nowhere', () => {
    const text = '// The customer whom this is about.\n// Of others nothing is read.\nf();';
    expect(halfSentences(file('src/a.ts', text))).toEqual([]);
    expect(halfSentences(file('src/a.ts', `const a = '// Of a text';`))).toEqual([]);
  });

  test.each([
    ['a doc comment', '/** By rate. */'],
    ['a comment of several lines', '/**\n * As the catalog\n * has it: later changes, too.\n */'],
    ['a line', '// Without the detail; it has values, and more.'],
    ['a note on when', '// Until the catalog is read.'],
  ])('%s that has no subject', (_fault, text) => {
    expect(fragments(file('src/core/a.ts', `${text}\nf();`))).toHaveLength(1);
  });

  test.each([
    ['/** Stripe tells it by rate. */'],
    ['/** With the first reading, a workflow learns what an earlier one has left. */'],
    ['// By index.ts, which names it, nothing else is read.'],
    ['/** At most fifty are kept. */'],
    ['/** Asking costs nothing. */'],
  ])('a sentence: %s', (text) => {
    expect(fragments(file('src/core/a.ts', `${text}\nf();`))).toEqual([]);
  });

  test.each([
    ['a constant', 'const found = find();'],
    ['a parameter', 'function f(known: string[]) {}'],
    ['a parameter of a callback', 'f((before) => 0);'],
    ['a field by another name', 'const { amount: sold } = line;'],
    ['an element', 'const [asked] = list;'],
  ])('%s whose name is no noun', (_fault, text) => {
    expect(namesThatAreNoNouns(file('src/core/a.ts', text))).toHaveLength(1);
  });

  test.each([
    ['a noun', 'const invoice = find();'],
    ['a field that was named elsewhere', 'const { sold } = line;'],
    ['what acts', 'const read = () => 0;\nfunction f(read: () => number) {}'],
  ])('%s may be named so', (_name, text) => {
    expect(namesThatAreNoNouns(file('src/core/a.ts', text))).toEqual([]);
  });

  const there = new Set(['src/core/money.ts', 'src/api/app.ts', 'docs/README.md']);
  test.each([
    ['design.md'],
    ['`src/core/gone.ts`'],
    ['src/gone'],
    ['gone.ts, which rounds'],
    ['docs/gone.md.'],
  ])('a comment that names %s, which is not there', (name) => {
    const source = file('src/api/app.ts', `/** See ${name} */`);
    expect(deadReferences(source, there)).toHaveLength(1);
  });

  test.each([
    ['money.ts'],
    ['`src/core`'],
    ['src/core/money'],
    ['README.md'],
    ['chart.js'],
    ['src/*/vendors'],
  ])('a comment may name %s', (name) => {
    const source = file('src/api/app.ts', `/** See ${name}. */`);
    expect(deadReferences(source, there)).toEqual([]);
  });
});
