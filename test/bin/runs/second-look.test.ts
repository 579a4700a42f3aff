/** Which failures are played a second time, and that none is lost from the counts by it. */
interface Counts {
  passed: number;
  failed: number;
  notRun: number;
}
interface Run extends Counts {
  failedFiles: ReturnType<typeof file>[];
}
const { countsOf, filesThatMayHaveRaced } = jest.requireActual<{
  countsOf(runs: Run[], files?: Run['failedFiles'], second?: Counts): Counts;
  filesThatMayHaveRaced(runs: Run[]): Run['failedFiles'];
}>('../../../bin/runs/second-look');

const file = (project: string, path = 'test/a.test.ts') => ({
  path,
  project,
  counts: { passed: 4, failed: 1, notRun: 0 },
  tests: ['a test'],
});
const run = (...failedFiles: ReturnType<typeof file>[]) => ({
  passed: 100,
  failed: failedFiles.length,
  notRun: 2,
  failedFiles,
});

test('a test of real servers that fails is played once more', () => {
  const raced = file('integration');
  expect(filesThatMayHaveRaced([run(), run(raced)])).toEqual([raced]);
});

test('so is a test of the sandbox, which listens at a port of its own', () => {
  const raced = file('unit', '/repository/test/dev/stripe-sandbox/webhook-faults.test.ts');
  expect(filesThatMayHaveRaced([run(raced)])).toEqual([raced]);
});

test('a rule or a life that fails is not: it is the same each time', () => {
  expect(filesThatMayHaveRaced([run(file('unit'))])).toEqual([]);
  expect(filesThatMayHaveRaced([run(file('lives')), run(file('integration'))])).toEqual([]);
});

test('more than three files that fail are no race', () => {
  const files = ['a', 'b', 'c', 'd'].map((path) => file('integration', path));
  expect(filesThatMayHaveRaced([run(...files.slice(0, 3))])).toHaveLength(3);
  expect(filesThatMayHaveRaced([run(...files)])).toEqual([]);
});

test('a file that passes the second time counts as its second run says', () => {
  const files = [file('integration')];
  const runs = [run(), run(...files)];
  expect(countsOf(runs)).toEqual({ passed: 200, failed: 1, notRun: 4 });
  expect(countsOf(runs, files, { passed: 5, failed: 0, notRun: 0 })).toEqual({
    passed: 201,
    failed: 0,
    notRun: 4,
  });
});

test('a file that fails twice has failed', () => {
  const files = [file('integration')];
  const second = { passed: 3, failed: 2, notRun: 0 };
  expect(countsOf([run(...files)], files, second)).toEqual({ passed: 99, failed: 2, notRun: 2 });
});
