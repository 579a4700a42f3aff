/** How `npm run mutate` breaks src/core on purpose, to see whether a test notices. */
export default {
  testRunner: 'jest',
  plugins: ['@stryker-mutator/jest-runner'],
  jest: { projectType: 'custom', configFile: 'test/mutation/jest.config.js' },
  coverageAnalysis: 'perTest',
  // What runs while a file is loaded would need all tests for each mutant: hours.
  ignoreStatic: true,
  mutate: ['src/core/**/*.ts'],
  ignorePatterns: ['dist', '.dev', 'sdk', 'docs', 'bench', 'coverage'],
  tempDirName: '.dev/mutation',
  reporters: ['clear-text', 'json'],
  jsonReporter: { fileName: '.dev/mutation.json' },
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
  concurrency: 1,
  // Jest keeps what each run has loaded.
  maxTestRunnerReuse: 150,
  thresholds: { high: 95, low: 90, break: 90 },
  timeoutMS: 20_000,
  allowConsoleColors: false,
  checkers: [],
  disableTypeChecks: false,
};
