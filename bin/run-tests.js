/**
 * `npm test`: installs what is missing, runs every test, and then holds what the sandbox was asked
 * and said during them to Stripe's own description. Arguments go to jest, and then only the tests
 * they name are run. Its last line is plain: `N passed, N failed`.
 */
const { spawn } = require('node:child_process');
const { existsSync, mkdtempSync, readFileSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join, relative } = require('node:path');
const { installIfMissing, root } = require('./install');
const { countsOf, filesThatMayHaveRaced } = require('./second-look');

const jest = join(root, 'node_modules', 'jest', 'bin', 'jest.js');
const reporters = ['--reporters=default', `--reporters=${join(__dirname, 'test-counts.js')}`];
/**
 * Everything: first what needs no server beside what does, then what both have noted, and what
 * measures its own memory. The first keeps one core busy for minutes; servers' tests mostly wait.
 */
const WHOLE = [
  [
    ['--selectProjects', 'lives', 'unit'],
    ['--selectProjects', 'integration'],
  ],
  [
    ['--config', join(root, 'test', 'conformance', 'jest.config.js')],
    ['--selectProjects', 'memory'],
  ],
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
  const all = [jest, ...args, ...reporters];
  const child = spawn(process.execPath, all, { cwd: root, stdio: 'inherit', env });
  running.add(child);
  return new Promise((resolve) => {
    child.on('exit', (code, signal) => {
      running.delete(child);
      resolve({ code: code ?? 1, isInterrupted: signal !== null });
    });
  });
}

/** What the runs so far have counted, in the order in which they ended. */
function countedIn(folder) {
  const file = join(folder, 'counts');
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

/** Plays the files again that may have raced, alone, and tells what came of it. */
async function lookAgain(folder, files) {
  const names = files.map(({ path, tests }) => `${relative(root, path)}: ${tests.join('; ')}`);
  console.log(`\nPlayed again, alone, for they may have raced:\n  ${names.join('\n  ')}`);
  const paths = files.map(({ path }) => path);
  const { code } = await runJest(folder, [
    '--selectProjects',
    ...new Set(files.map(({ project }) => project)),
    '--runTestsByPath',
    ...paths,
  ]);
  if (code === 0)
    console.log(`RACED, and is to be mended (bin/second-look.js):\n  ${names.join('\n  ')}`);
  return code;
}

function tell({ passed, failed, notRun }) {
  if (notRun > 0) {
    console.log(
      `${notRun} not run: those against Stripe need STRIPE_SECRET_KEY, npm's audit a registry that has it`,
    );
  }
  console.log(`${passed} passed, ${failed} failed`);
}

/** Runs beside one another; one that ended without counting (a setup that broke) is a failure. */
async function runBeside(folder, group) {
  const before = countedIn(folder).length;
  const ends = await Promise.all(group.map((args) => runJest(folder, args)));
  const runs = countedIn(folder).slice(before);
  const isInterrupted = ends.some((end) => end.isInterrupted);
  const hasFailed = ends.some(({ code }) => code !== 0);
  const uncounted = ends.length - runs.length;
  const files = isInterrupted || uncounted > 0 ? [] : filesThatMayHaveRaced(runs);
  return { runs, isInterrupted, hasFailed, uncounted, files };
}

async function test(asked) {
  installIfMissing();
  const folder = mkdtempSync(join(tmpdir(), 'tollkeeper-tests-'));
  const isWhole = asked.length === 0;
  const total = { passed: 0, failed: 0, notRun: 0 };
  let hasFailed = false;
  try {
    for (const group of isWhole ? WHOLE : [[asked]]) {
      const end = await runBeside(folder, group);
      let counts = countsOf(end.runs);
      let groupFailed = end.hasFailed;
      if (isWhole && end.files.length > 0) {
        groupFailed = (await lookAgain(folder, end.files)) !== 0;
        counts = countsOf(end.runs, end.files, countedIn(folder).at(-1));
      }
      total.passed += counts.passed;
      total.failed += counts.failed + end.uncounted;
      total.notRun += counts.notRun;
      hasFailed ||= groupFailed;
      if (end.isInterrupted) break;
    }
    tell(total);
    return hasFailed ? 1 : 0;
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
