/** That each run of `npm test` is counted, and that one which broke fails it and is told. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

interface Run {
  readonly name: string;
}
interface End {
  readonly code: number;
  readonly signal: string | null;
  readonly counts: { passed: number; failed: number } | undefined;
  readonly isInterrupted: boolean;
}
const { playLanes, WHOLE } = jest.requireActual<{
  WHOLE: (Run & { args: string[] })[][][];
  playLanes(
    lanes: Run[][],
    play: (run: Run) => Promise<End>,
  ): Promise<{ runs: unknown[]; broken: string[]; hasFailed: boolean; isInterrupted: boolean }>;
}>('../../../bin/runs/lanes');

const ROOT = join(__dirname, '..', '..', '..');
const UNITS = { name: 'units' };
const SERVERS = { name: 'servers' };
const JOURNEYS = { name: 'journeys' };
const LANES = [[UNITS, SERVERS], [JOURNEYS]];

const passed = { code: 0, signal: null, counts: { passed: 9, failed: 0 }, isInterrupted: false };
const ofUnits = (end: Partial<End>) => (run: Run) =>
  Promise.resolve(run === UNITS ? { ...passed, ...end } : passed);

test('npm test plays each project once, but the examples, which are a command of their own', () => {
  const { projects } = jest.requireActual<{ projects: { displayName: string }[] }>(
    '../../../jest.config.js',
  );
  const played = WHOLE.flat(2).flatMap(({ args: [option, ...values] }) =>
    option === '--selectProjects' ? values : [],
  );
  const names = projects.map(({ displayName }) => displayName);
  expect([...played, 'examples'].sort()).toEqual(names.sort());
});

test('a lane is played in its order, beside the others', async () => {
  const begun: string[] = [];
  const endings: (() => void)[] = [];
  const playing = playLanes(LANES, async ({ name }) => {
    begun.push(name);
    await new Promise<void>((end) => endings.push(end));
    return passed;
  });
  expect(begun).toEqual(['units', 'journeys']);
  endings.shift()?.();
  await new Promise(setImmediate);
  expect(begun).toEqual(['units', 'journeys', 'servers']);
  for (const end of endings) end();
  expect(await playing).toEqual({
    ...{ runs: [passed.counts, passed.counts, passed.counts], broken: [] },
    ...{ hasFailed: false, isInterrupted: false },
  });
});

test('a run that ends before it counts is told and fails all, and the next one is played', async () => {
  const { runs, broken, hasFailed } = await playLanes(
    LANES,
    ofUnits({ code: 1, signal: 'SIGKILL', counts: undefined }),
  );
  expect(broken).toEqual(['units ended by SIGKILL, before its tests were counted']);
  expect(hasFailed).toBe(true);
  expect(runs).toHaveLength(2);
});

test('a run that ends badly though no test failed is told, and its tests are counted', async () => {
  const { runs, broken, hasFailed } = await playLanes(LANES, ofUnits({ code: 1 }));
  expect(broken).toEqual(['units ended by code 1, though no test of it failed']);
  expect(hasFailed).toBe(true);
  expect(runs).toHaveLength(3);
});

test('a run with a test that failed has failed, and is not broken', async () => {
  const counts = { passed: 8, failed: 1 };
  const { broken, hasFailed } = await playLanes(LANES, ofUnits({ code: 1, counts }));
  expect(broken).toEqual([]);
  expect(hasFailed).toBe(true);
});

test('after an interruption no further run begins', async () => {
  const play = jest.fn(ofUnits({ code: 1, signal: 'SIGTERM', isInterrupted: true }));
  const { isInterrupted } = await playLanes(LANES, play);
  expect(isInterrupted).toBe(true);
  expect(play.mock.calls.map(([run]) => run)).toEqual([UNITS, JOURNEYS]);
});

test('npm test of a name that no test has fails, and says so in its last line', () => {
  const { status, stdout } = spawnSync(
    process.execPath,
    [join(ROOT, 'bin', 'run-tests.js'), 'test/core/no-such-test'],
    { cwd: ROOT, encoding: 'utf8' },
  );
  expect(status).toBe(1);
  expect(stdout.trim().split('\n').slice(-2)).toEqual([
    'BROKEN: the run ended by code 1, before its tests were counted',
    '0 passed, 1 failed',
  ]);
});
