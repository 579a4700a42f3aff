/** Jest reporter: the counts of a run, for the closing line. A suite that fails to load failed. */
const { appendFileSync } = require('node:fs');

module.exports = class TestCounts {
  onRunComplete(_contexts, results) {
    const passed = results.numPassedTests;
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    const notRun = results.numPendingTests;
    appendFileSync(process.env.TEST_COUNTS_FILE, `${JSON.stringify({ passed, failed, notRun })}\n`);
    this.ran = passed + failed + notRun;
  }

  getLastError() {
    // Not one test is no success either (a pattern that matches nothing).
    return this.ran === 0 ? new Error('No test was run.') : undefined;
  }
};
