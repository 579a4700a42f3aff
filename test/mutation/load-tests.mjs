/** Loads the tests of the rules into this process, with as much of jest as they use. */
import { readFileSync, readdirSync } from 'node:fs';
import Module, { createRequire } from 'node:module';
import { join, sep } from 'node:path';
import swc from '@swc/core';

const require = createRequire(join(process.cwd(), 'package.json'));
const CASES_MAX = 30;
const compiled = new Map();

/** What the instrumented rules look at: which mutant is on, and which test runs. */
export function stateOfStryker() {
  return (globalThis.__stryker__ ??= {});
}

/** Every test under test/core, loaded anew, with a mutant switched on meanwhile if one is named. */
export function loadTests(mutant) {
  learnTypeScript();
  shortenProperties();
  forgetOurs();
  const tests = [];
  const folder = join(process.cwd(), 'test', 'core');
  stateOfStryker().activeMutant = mutant;
  try {
    for (const file of filesOf(folder)) loadFile(file, folder, tests);
  } finally {
    stateOfStryker().activeMutant = undefined;
  }
  return tests;
}

function filesOf(folder) {
  return readdirSync(folder, { recursive: true })
    .filter((file) => file.endsWith('.test.ts'))
    .sort()
    .map((file) => join(folder, file));
}

function loadFile(file, folder, tests) {
  const titles = [];
  const ids = new Map();
  const add = (title, run) => {
    const name = [file.slice(folder.length + 1), ...titles, title].join(' › ');
    const count = (ids.get(name) ?? 0) + 1;
    ids.set(name, count);
    tests.push({ id: count === 1 ? name : `${name} (${count})`, fileName: file, run });
  };
  const describe = (title, body) => {
    titles.push(title);
    body();
    titles.pop();
  };
  const { bind } = require('jest-each');
  Object.assign(globalThis, {
    describe: Object.assign(describe, { each: bind(describe, false) }),
    test: Object.assign(add, { each: bind(add, false) }),
    expect: require('expect').expect,
  });
  require(file);
}

/** Modules of ours are loaded again; those of packages stay. */
function forgetOurs() {
  for (const path of Object.keys(require.cache)) {
    if (path.endsWith('.ts') && !path.includes(`${sep}node_modules${sep}`)) {
      delete require.cache[path];
    }
  }
}

/**
 * A property that fails has noticed the mutant: its smallest case is of no use, and takes long. One
 * that would notice in its hundredth case only counts as not noticing.
 */
function shortenProperties() {
  const path = require.resolve('fast-check');
  const original = require(path);
  if (original.isShortened) return;
  const assert = (property, { numRuns = CASES_MAX, ...parameters } = {}) =>
    original.assert(property, {
      ...{ endOnFailure: true, seed: 1, ...parameters },
      numRuns: Math.min(numRuns, CASES_MAX),
    });
  const shortened = { ...original, assert, isShortened: true };
  require.cache[path].exports = { ...shortened, default: shortened, __esModule: true };
}

function learnTypeScript() {
  Module._extensions['.ts'] ??= (module, path) => {
    if (!compiled.has(path)) {
      const { code } = swc.transformSync(readFileSync(path, 'utf8'), {
        filename: path,
        jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
        module: { type: 'commonjs', ignoreDynamic: true },
      });
      compiled.set(path, code);
    }
    module._compile(compiled.get(path), path);
  };
}
