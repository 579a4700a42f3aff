/**
 * Jest's own way to run a file of tests, which stops at the first file that notices the mutant, and
 * loads none without a test that may: Stryker's runner can't tell jest to, and nearly every rule is
 * used by forty other files.
 */
const { default: circus } = require('jest-circus/runner');

const ACTIVE_MUTANT = '__STRYKER_ACTIVE_MUTANT__';
const namesByFile = new Map();
let noticedMutant;

module.exports = async function runUntilFailure(globals, config, environment, runtime, path, send) {
  const mutant = process.env[ACTIVE_MUTANT];
  const isNoticed = mutant !== undefined && mutant === noticedMutant;
  if (isNoticed || !mayNotice(path, globals.testNamePattern)) return resultOfNothing(path);
  const result = await circus(globals, config, environment, runtime, path, send);
  namesByFile.set(
    path,
    result.testResults.map(({ fullName }) => fullName),
  );
  if (result.numFailingTests > 0) noticedMutant = mutant;
  return result;
};

function mayNotice(path, pattern) {
  const names = namesByFile.get(path);
  if (!names || !pattern) return true;
  const wanted = new RegExp(pattern, 'i');
  return names.some((name) => wanted.test(name));
}

/** The shape is of jest's TestResult, which has to have a test. */
function resultOfNothing(testFilePath) {
  const test = {
    ...{ ancestorTitles: [], title: 'not run', fullName: 'not run', status: 'pending' },
    ...{ failureDetails: [], failureMessages: [], numPassingAsserts: 0, duration: 0 },
  };
  return {
    ...{ testFilePath, leaks: false, openHandles: [], skipped: false, testResults: [test] },
    ...{ numFailingTests: 0, numPassingTests: 0, numPendingTests: 1, numTodoTests: 0 },
    perfStats: { start: 0, end: 0, runtime: 0, slow: false, loadTestEnvironmentStart: 0 },
    snapshot: { added: 0, fileDeleted: false, matched: 0, unchecked: 0, uncheckedKeys: [] },
  };
}
