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
  reporters: ['clear-text', 'json'],
  jsonReporter: { fileName: '.dev/mutation.json' },
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
  concurrency: 1,
  // What a folder must reach is on record beside this: scores.json.
  thresholds: { high: 95, low: 90, break: null },
  timeoutMS: 5_000,
  // It takes half a minute, and ten on a machine that is busy.
  dryRunTimeoutMinutes: 60,
  allowConsoleColors: false,
  checkers: [],
  disableTypeChecks: false,
};
