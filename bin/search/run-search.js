/**
 * Runs one test of the tests as a search: by a seed, and for so many cases that no test run has the
 * time for them.
 */
const { spawnSync } = require('node:child_process');
const { join } = require('node:path');
const { parseArgs } = require('node:util');
const { installIfMissing, root } = require('../install');

/** `prefix`: of the variables by which the test is told. Exits as the test did. */
function runSearch(args, { prefix, pattern }) {
  const { values } = parseArgs({
    args,
    options: { seed: { type: 'string' }, cases: { type: 'string' }, log: { type: 'string' } },
  });
  const { seed = String(Date.now() % 1_000_000), cases = '20000', log } = values;
  for (const [name, value] of Object.entries({ seed, cases }))
    if (!/^[0-9]{1,9}$/.test(value)) {
      console.error(`--${name} is "${value}": expected a whole number.`);
      process.exit(1);
    }
  installIfMissing();
  console.error(`Seed ${seed}, ${cases} cases.`);
  const jest = join(root, 'node_modules', 'jest', 'bin', 'jest.js');
  const { status } = spawnSync(
    process.execPath,
    [jest, '--selectProjects', 'integration', '--runInBand', '--testPathPatterns', pattern],
    {
      ...{ cwd: root, stdio: 'inherit' },
      env: {
        ...process.env,
        ...{ [`${prefix}_SEED`]: seed, [`${prefix}_CASES`]: cases },
        // With --log error what is behind a 5xx is printed.
        LOG_LEVEL: log ?? 'fatal',
      },
    },
  );
  process.exit(status ?? 1);
}

module.exports = { runSearch };
