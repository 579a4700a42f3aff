/**
 * Runs the tests of the rules for Stryker, in its own process: everything is loaded once, and a
 * mutant is switched on between two tests. Jest would load forty files anew for each mutant, which
 * takes a second, and there are eight thousand.
 */
import { Script } from 'node:vm';
import { PluginKind, declareClassPlugin } from '@stryker-mutator/api/plugin';
import {
  DryRunStatus,
  MutantRunStatus,
  TestStatus,
  determineHitLimitReached,
  toMutantRunResult,
} from '@stryker-mutator/api/test-runner';
import { loadTests, stateOfStryker } from './load-tests.mjs';

class RulesRunner {
  #tests = [];
  #millisecondsById = new Map();
  #loadedWith;

  capabilities() {
    return { reloadEnvironment: true };
  }

  async dryRun() {
    this.#load(undefined);
    const tests = await runAll(this.#tests, { isOverAtFailure: false });
    for (const { id, timeSpentMs } of tests) this.#millisecondsById.set(id, timeSpentMs);
    const { mutantCoverage } = stateOfStryker();
    return { status: DryRunStatus.Complete, tests, mutantCoverage };
  }

  async mutantRun(options) {
    // What runs while a file is loaded is broken only by loading it anew.
    const loadedWith = options.mutantActivation === 'static' ? options.activeMutant.id : undefined;
    if (this.#tests.length === 0 || loadedWith !== this.#loadedWith) {
      try {
        this.#load(loadedWith);
      } catch (error) {
        this.#tests = [];
        return {
          ...{ status: MutantRunStatus.Killed, killedBy: ['loading'], nrOfTests: 0 },
          failureMessage: String(error),
        };
      }
    }
    const result = await this.#judge(options);
    if (result.status !== MutantRunStatus.Killed || loadedWith !== undefined) return result;
    const [killer] = result.killedBy;
    const [again] = await runAll(this.#tests.filter(({ id }) => id === killer));
    if (again?.status === TestStatus.Success) return result;
    // A mutant before has left something behind: what it spoilt is no proof against this one.
    this.#load(undefined);
    return this.#judge(options);
  }

  async #judge({ activeMutant, testFilter, disableBail, hitLimit }) {
    const stryker = stateOfStryker();
    const wanted = testFilter && new Set(testFilter);
    const tests = this.#fastestFirst().filter(({ id }) => !wanted || wanted.has(id));
    Object.assign(stryker, { activeMutant: activeMutant.id, hitLimit, hitCount: 0 });
    const results = await runAll(tests, {
      isOverAtFailure: !disableBail,
      millisecondsMax: (id) => 2_000 + 20 * Math.ceil(this.#milliseconds(id)),
    });
    const limit = hitLimit && determineHitLimitReached(stryker.hitCount, hitLimit);
    Object.assign(stryker, { activeMutant: undefined, hitCount: undefined });
    const all = { status: DryRunStatus.Complete, tests: results };
    return toMutantRunResult(limit || all, disableBail);
  }

  #load(mutant) {
    this.#tests = loadTests(mutant);
    this.#loadedWith = mutant;
  }

  #fastestFirst() {
    return [...this.#tests].sort((a, b) => this.#milliseconds(a.id) - this.#milliseconds(b.id));
  }

  #milliseconds(id) {
    return this.#millisecondsById.get(id) ?? 0;
  }
}

async function runAll(tests, { isOverAtFailure = true, millisecondsMax = () => 600_000 } = {}) {
  const results = [];
  for (const { id, fileName, run } of tests) {
    stateOfStryker().currentTestId = id;
    const start = performance.now();
    const failureMessage = await failureOf(run, millisecondsMax(id));
    const timeSpentMs = performance.now() - start;
    stateOfStryker().currentTestId = undefined;
    const isGood = failureMessage === undefined;
    const status = isGood ? TestStatus.Success : TestStatus.Failed;
    results.push({ id, name: id, fileName, timeSpentMs, status, failureMessage });
    if (!isGood && isOverAtFailure) break;
  }
  return results;
}

const call = new Script('__testOfRules__()');

/** A loop without an end is a failure, too: Node breaks it off, as it does any script of a time. */
async function failureOf(run, timeout) {
  globalThis.__testOfRules__ = run;
  try {
    await call.runInThisContext({ timeout });
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

export const strykerPlugins = [declareClassPlugin(PluginKind.TestRunner, 'rules', RulesRunner)];
