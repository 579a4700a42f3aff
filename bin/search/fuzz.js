/**
 * `npm run fuzz -- --seed 7 --cases 100000`: sends so many requests that nobody should send to the
 * whole product, drawn by the seed, and tells each fault with its smallest case. The tests have
 * 5,000 of one seed.
 */
const { spawnSync } = require('node:child_process');
const { join } = require('node:path');
const { parseArgs } = require('node:util');
const { installIfMissing, root } = require('../install');

function fuzz(args) {
  const { values } = parseArgs({
    args,
    options: { seed: { type: 'string' }, cases: { type: 'string' }, log: { type: 'string' } },
  });
  const { seed = String(Date.now() % 1_000_000), cases = '20000', log } = values;
  for (const [name, value] of Object.entries({ seed, cases }))
    if (!/^[0-9]{1,9}$/.test(value)) {
      console.error(`--${name} is "${value}": expected a whole number.`);
      return 1;
    }
  installIfMissing();
  console.error(`Seed ${seed}, ${cases} cases.`);
  const jest = join(root, 'node_modules', 'jest', 'bin', 'jest.js');
  const { status } = spawnSync(
    process.execPath,
    [jest, '--selectProjects', 'integration', '--runInBand', '--testPathPatterns', 'http/fuzz'],
    {
      ...{ cwd: root, stdio: 'inherit' },
      // With --log error what is behind a 5xx is printed.
      env: { ...process.env, FUZZ_SEED: seed, FUZZ_CASES: cases, LOG_LEVEL: log ?? 'fatal' },
    },
  );
  return status ?? 1;
}

process.exit(fuzz(process.argv.slice(2)));
