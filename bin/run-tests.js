/**
 * `npm test`: installs what is missing, runs every test, and then holds what the sandbox was asked
 * and said during them to Stripe's own description. Arguments go to jest, and then only the tests
 * they name are run. Its last line is plain: `N passed, N failed`.
 */
const { spawn } = require('node:child_process');
const { existsSync, mkdtempSync, readFileSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const { installIfMissing, root } = require('./install');

const jest = join(root, 'node_modules', 'jest', 'bin', 'jest.js');
const reporters = ['--reporters=default', `--reporters=${join(__dirname, 'test-counts.js')}`];
/**
 * Everything, in turn. Lives have a process of their own: each test file before them would leave
 * its AsyncLocalStorage behind, and Node tells every promise of every one: three times slower.
 */
const WHOLE = [
  ['--selectProjects', 'lives'],
  ['--selectProjects', 'unit', 'integration'],
  ['--config', join(root, 'test', 'conformance', 'jest.config.js')],
];
let running;
// The terminal sends Ctrl-C to jest as well, which ends its servers; we only wait for it.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => running?.kill('SIGTERM'));

function runJest(folder, args) {
  const env = {
    ...process.env,
    STRIPE_SANDBOX_RECORD: join(folder, 'stripe'),
    TEST_COUNTS_FILE: join(folder, 'counts'),
  };
  // Asked paths first: an option that takes a list would swallow them.
  const all = [jest, '--runInBand', ...args, ...reporters];
  running = spawn(process.execPath, all, { cwd: root, stdio: 'inherit', env });
  return new Promise((resolve) => running.on('exit', (code) => resolve(code ?? 1)));
}

/** A run that ended without counting (no such test, a setup that broke) is a failure of its own. */
function sumOf(folder, runs) {
  const file = join(folder, 'counts');
  const lines = existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
  const counts = lines.map((line) => JSON.parse(line));
  const sum = (name) => counts.reduce((total, count) => total + count[name], 0);
  const failed = sum('failed') + runs - counts.length;
  return { passed: sum('passed'), failed, notRun: sum('notRun') };
}

async function test(asked) {
  installIfMissing();
  const folder = mkdtempSync(join(tmpdir(), 'tollkeeper-tests-'));
  try {
    const codes = [];
    for (const args of asked.length > 0 ? [asked] : WHOLE) {
      codes.push(await runJest(folder, args));
      if (running.signalCode !== null) break;
    }
    const { passed, failed, notRun } = sumOf(folder, codes.length);
    if (notRun > 0) {
      console.log(
        `${notRun} not run: those against Stripe itself need STRIPE_SECRET_KEY (CONTRIBUTING.md)`,
      );
    }
    console.log(`${passed} passed, ${failed} failed`);
    return codes.every((code) => code === 0) ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

test(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error) => {
    console.error(error);
    process.exit(1);
  },
);
