/**
 * Jest reporter: the counts of a run, for the closing line, and the files that failed, for a second
 * look. A suite that fails to load failed.
 */
const { appendFileSync } = require('node:fs');

const failuresOf = ({ numFailingTests, testExecError }) =>
  numFailingTests + (testExecError ? 1 : 0);

module.exports = class TestCounts {
  onRunComplete(_contexts, results) {
    const passed = results.numPassedTests;
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    const notRun = results.numPendingTests;
    const failedFiles = results.testResults
      .filter((file) => failuresOf(file) > 0)
      .map((file) => ({
        path: file.testFilePath,
        project: file.displayName?.name,
        counts: {
          passed: file.numPassingTests,
          failed: failuresOf(file),
          notRun: file.numPendingTests,
        },
        tests: file.testResults.filter(({ status }) => status === 'failed').map((t) => t.fullName),
      }));
    const line = JSON.stringify({ passed, failed, notRun, failedFiles });
    appendFileSync(process.env.TEST_COUNTS_FILE, `${line}\n`);
    this.ran = passed + failed + notRun;
  }

  getLastError() {
    // Not one test is no success either (a pattern that matches nothing).
    return this.ran === 0 ? new Error('No test was run.') : undefined;
  }
};
