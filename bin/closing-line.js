/** Jest reporter: the closing line that CI reads. A suite that does not even load is a failure. */
module.exports = class ClosingLine {
  onRunComplete(_contexts, results) {
    const { numPassedTests, numFailedTests, numRuntimeErrorTestSuites } = results;
    this.failed = numFailedTests + numRuntimeErrorTestSuites;
    this.passed = numPassedTests;
    // After the summary of the default reporter, which comes later than this call.
    process.once('exit', () => console.log(`${this.passed} passed, ${this.failed} failed`));
  }

  getLastError() {
    // Not one test is no success either (a pattern that matches nothing).
    return this.passed + this.failed === 0 ? new Error('No test was run.') : undefined;
  }
};
