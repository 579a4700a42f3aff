/** Tests lie as the source does, and jest's projects together run each of them exactly once. */
import { execFile } from 'node:child_process';
import { join, posix, relative, sep } from 'node:path';
import { promisify } from 'node:util';
import { misplacedTests, notRunOnce } from './mirror-rules';
import { readSources } from './source-file';

const ROOT = join(__dirname, '..', '..');
const SERVERS = ['integration', 'programs', 'memory'];
const CONFIGURATIONS = ['unit', 'lives', ...SERVERS, 'examples', 'conformance'];
const paths = readSources().map(({ path }) => path);

async function testsOf(project: string): Promise<string[]> {
  const chosen =
    project === 'conformance'
      ? ['--config', join(ROOT, 'test', 'conformance', 'jest.config.js')]
      : ['--selectProjects', project];
  const jest = join(ROOT, 'node_modules', 'jest', 'bin', 'jest.js');
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [jest, '--listTests', '--json', ...chosen],
    { cwd: ROOT },
  );
  const listed = JSON.parse(stdout) as string[];
  return listed.map((path) => relative(ROOT, path).split(sep).join(posix.sep));
}

test('the test of a file lies in the folder of that file', () => {
  expect(misplacedTests(paths)).toEqual([]);
});

test('each test is of one project, or runs after all others', async () => {
  const lists = await Promise.all(CONFIGURATIONS.map(testsOf));
  const taken = Object.fromEntries(CONFIGURATIONS.map((name, at) => [name, lists[at] ?? []]));
  expect(notRunOnce(paths, taken)).toEqual([]);
});

describe('each rule catches its fault', () => {
  const sources = ['src/core/money.ts', 'src/core/plans/catalog.ts', 'workflows/billing.ts'];

  test.each([
    ['a folder that src has not', 'test/core/prices/catalog.test.ts'],
    ['a layer that src has not', 'test/sandbox/webhooks.test.ts'],
    ['a workflow in a subject', 'test/workflows/billing/billing.test.ts'],
    ['not beside its subject', 'test/core/catalog.test.ts'],
    ['in another subject', 'test/core/plans/money.test.ts'],
    ['one that needs servers', 'test/core/catalog.stack.test.ts'],
  ])('%s: %s', (_fault, path) => {
    expect(misplacedTests([...sources, path])).toHaveLength(1);
  });

  test.each([
    ['where its file is', 'test/core/plans/catalog.test.ts'],
    ['named by its theme', 'test/core/plans/catalog-of-any-life.test.ts'],
    ['with servers', 'test/core/plans/catalog.stack.test.ts'],
    ['of a workflow', 'test/workflows/billing.test.ts'],
    ['of the whole product', 'test/journey/money.test.ts'],
    ['no test', 'test/core/prices/a-price.ts'],
  ])('allowed %s: %s', (_case, path) => {
    expect(misplacedTests([...sources, path])).toEqual([]);
  });

  test('a test that no project runs, and one that two run', () => {
    const taken = { unit: ['test/core/a.test.ts'], integration: ['test/core/a.test.ts'] };
    expect(notRunOnce(['test/core/a.test.ts', 'test/core/b.test.ts'], taken)).toEqual([
      'test/core/a.test.ts is run by unit and integration',
      'test/core/b.test.ts is run by no project',
    ]);
  });
});
