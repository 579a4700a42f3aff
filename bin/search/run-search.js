/**
 * Runs one test of the tests as a search: by a seed, and for so many cases that no test run has the
 * time for them.
 */
const { spawnSync } = require('node:child_process');
const { join } = require('node:path');
const { parseArgs } = require('node:util');
const { installIfMissing, root } = require('../install');

/**
 * `prefix`: of the variables by which the test is told. `sizes`: options besides the seed, with
 * what they are when left out. Exits as the test did.
 */
function runSearch(args, { prefix, pattern, sizes = { cases: '20000' } }) {
  const { values } = parseArgs({
    args,
    options: optionsOf(['seed', 'log', ...Object.keys(sizes)]),
  });
  const { log, ...given } = values;
  const numbers = { seed: String(Date.now() % 1_000_000), ...sizes, ...given };
  for (const [name, value] of Object.entries(numbers))
    if (!/^[0-9]{1,9}$/.test(value)) {
      console.error(`--${name} is "${value}": expected a whole number.`);
      process.exit(1);
    }
  installIfMissing();
  console.error(
    Object.entries(numbers)
      .map(([name, value]) => `--${name} ${value}`)
      .join(' '),
  );
  const jest = join(root, 'node_modules', 'jest', 'bin', 'jest.js');
  const { status } = spawnSync(
    process.execPath,
    [jest, '--selectProjects', 'integration', '--runInBand', '--testPathPatterns', pattern],
    {
      ...{ cwd: root, stdio: 'inherit' },
      env: {
        ...process.env,
        ...variablesOf(prefix, numbers),
        // With --log error what is behind a 5xx is printed.
        LOG_LEVEL: log ?? 'fatal',
      },
    },
  );
  process.exit(status ?? 1);
}

const optionsOf = (names) => Object.fromEntries(names.map((name) => [name, { type: 'string' }]));

const variablesOf = (prefix, numbers) =>
  Object.fromEntries(
    Object.entries(numbers).map(([name, value]) => [
      `${prefix}_${name.toUpperCase().replaceAll('-', '_')}`,
      value,
    ]),
  );

module.exports = { runSearch };
