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
 * Everything: first what needs no server beside what does, then what both have noted. Lives have a
 * process of their own, which keeps one core busy for minutes; the servers' tests mostly wait.
 */
const WHOLE = [
  [
    ['--selectProjects', 'lives'],
    ['--selectProjects', 'unit', 'integration'],
  ],
  [['--config', join(root, 'test', 'conformance', 'jest.config.js')]],
];
const running = new Set();
// The terminal sends Ctrl-C to jest as well, which ends its servers; we only wait for it.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => running.forEach((child) => child.kill('SIGTERM')));

function runJest(folder, args) {
  const env = {
    ...process.env,
    STRIPE_SANDBOX_RECORD: join(folder, 'stripe'),
    TEST_COUNTS_FILE: join(folder, 'counts'),
  };
  // Asked paths first: an option that takes a list would swallow them.
  const all = [jest, '--runInBand', ...args, ...reporters];
  const child = spawn(process.execPath, all, { cwd: root, stdio: 'inherit', env });
  running.add(child);
  return new Promise((resolve) => {
    child.on('exit', (code, signal) => {
      running.delete(child);
      resolve({ code: code ?? 1, isInterrupted: signal !== null });
    });
  });
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
    const ends = [];
    for (const beside of asked.length > 0 ? [[asked]] : WHOLE) {
      ends.push(...(await Promise.all(beside.map((args) => runJest(folder, args)))));
      if (ends.some(({ isInterrupted }) => isInterrupted)) break;
    }
    const { passed, failed, notRun } = sumOf(folder, ends.length);
    if (notRun > 0) {
      console.log(
        `${notRun} not run: those against Stripe itself need STRIPE_SECRET_KEY (CONTRIBUTING.md)`,
      );
    }
    console.log(`${passed} passed, ${failed} failed`);
    return ends.every(({ code }) => code === 0) ? 0 : 1;
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
