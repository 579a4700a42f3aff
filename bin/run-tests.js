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
const { playLanes, WHOLE } = require('./runs/lanes');
const { countsOf, filesThatMayHaveRaced } = require('./runs/second-look');

const jest = join(root, 'node_modules', 'jest', 'bin', 'jest.js');
const reporters = [
  '--reporters=default',
  `--reporters=${join(__dirname, 'runs', 'test-counts.js')}`,
];
const running = new Set();
let runCount = 0;
let isInterrupted = false;
// The terminal sends Ctrl-C to jest as well, which ends its servers; we only wait for it.
process.on('SIGINT', () => (isInterrupted = true));
process.on('SIGTERM', () => {
  isInterrupted = true;
  running.forEach((child) => child.kill('SIGTERM'));
});

function runJest(folder, { args }) {
  runCount += 1;
  const counted = join(folder, `counts-${runCount}`);
  const env = {
    ...process.env,
    STRIPE_SANDBOX_RECORD: join(folder, 'stripe'),
    TEST_COUNTS_FILE: counted,
  };
  // Asked paths first: an option that takes a list would swallow them.
  const all = [jest, ...args, ...reporters];
  const child = spawn(process.execPath, all, { cwd: root, stdio: 'inherit', env });
  running.add(child);
  return new Promise((resolve) => {
    child.on('exit', (code, signal) => {
      running.delete(child);
      const counts = existsSync(counted) ? JSON.parse(readFileSync(counted, 'utf8')) : undefined;
      resolve({ ...{ code: code ?? 1, signal, counts }, isInterrupted });
    });
  });
}

/** Plays the files again that may have raced, alone, and tells what came of it. */
async function lookAgain(folder, files) {
  const names = files.map(({ path, tests }) => `${relative(root, path)}: ${tests.join('; ')}`);
  console.log(`\nPlayed again, alone, for they may have raced:\n  ${names.join('\n  ')}`);
  const paths = files.map(({ path }) => path);
  const projects = new Set(files.map(({ project }) => project));
  const args = ['--selectProjects', ...projects, '--runTestsByPath', ...paths];
  const second = { name: 'the second look', args };
  const end = await playLanes([[second]], (run) => runJest(folder, run));
  if (!end.hasFailed)
    console.log(`RACED, and is to be mended (bin/runs/second-look.js):\n  ${names.join('\n  ')}`);
  return end;
}

function tell({ passed, failed, notRun }) {
  if (notRun > 0) {
    console.log(
      `${notRun} not run: those against Stripe need STRIPE_SECRET_KEY, npm's audit a registry that has it`,
    );
  }
  console.log(`${passed} passed, ${failed} failed`);
}

/** Plays the lanes, and again, in a run of everything, what may have raced in them. */
async function playGroup(folder, lanes, isWhole) {
  const end = await playLanes(lanes, (run) => runJest(folder, run));
  const mayHaveRaced = isWhole && !end.isInterrupted && end.broken.length === 0;
  const files = mayHaveRaced ? filesThatMayHaveRaced(end.runs) : [];
  if (files.length === 0) return { ...end, counts: countsOf(end.runs) };
  const again = await lookAgain(folder, files);
  return { ...again, counts: countsOf(end.runs, files, again.runs[0]) };
}

async function test(asked) {
  installIfMissing();
  const folder = mkdtempSync(join(tmpdir(), 'tollkeeper-tests-'));
  const isWhole = asked.length === 0;
  const total = { passed: 0, failed: 0, notRun: 0 };
  const broken = [];
  let hasFailed = false;
  try {
    for (const lanes of isWhole ? WHOLE : [[[{ name: 'the run', args: asked }]]]) {
      const end = await playGroup(folder, lanes, isWhole);
      broken.push(...end.broken);
      total.passed += end.counts.passed;
      total.failed += end.counts.failed + end.broken.length;
      total.notRun += end.counts.notRun;
      hasFailed ||= end.hasFailed;
      if (end.isInterrupted) break;
    }
    for (const each of broken) console.log(`BROKEN: ${each}`);
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
