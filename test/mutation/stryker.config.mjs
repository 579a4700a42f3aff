/** How `npm run mutate` breaks src/core on purpose, to see whether a test notices. */
export default {
  testRunner: 'rules',
  plugins: ['./test/mutation/rules-runner.mjs'],
  coverageAnalysis: 'perTest',
  // What runs while a file is loaded would need all tests for each mutant: hours.
  ignoreStatic: true,
  mutate: ['src/core/**/*.ts'],
  ignorePatterns: ['dist', '.dev', 'sdk', 'docs', 'bench', 'coverage'],
  tempDirName: '.dev/mutation',
  reporters: ['progress-append-only', 'clear-text', 'json'],
  jsonReporter: { fileName: '.dev/mutation.json' },
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
  concurrency: 1,
  thresholds: { high: 95, low: 90, break: 90 },
  timeoutMS: 5_000,
  allowConsoleColors: false,
  checkers: [],
  disableTypeChecks: false,
};
