/** A release, played in a repository of its own: nothing is pushed, published or fetched. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { findWheelBuilder } from '../support/sdk/python';
import { ScratchRepository } from './scratch-repository';

const CHANGELOG = `# Changelog

The form is Keep a Changelog.

## [Unreleased]

### Added

- Something that a user notices, of $1 and more.
- Something else,
  in two lines.

## [0.0.1] - 2026-01-01

- The first.
`;

let repository: ScratchRepository;
let python: string;
let current: string;
let beginning: string;
beforeAll(async () => {
  repository = new ScratchRepository({ 'CHANGELOG.md': CHANGELOG });
  python = await findWheelBuilder();
  repository.program('python3', `#!/bin/sh\nexec "${python}" "$@"\n`);
  current = (JSON.parse(read('package.json')) as { version: string }).version;
  beginning = repository.git('rev-parse', 'HEAD');
}, 300_000);
afterAll(() => repository.remove());
/** A repository for each test would take most of the time. */
afterEach(() => {
  repository.git('checkout', '--quiet', '--force', '-B', 'main', beginning);
  for (const tag of repository.git('tag', '--list').split('\n'))
    if (tag !== '') repository.git('tag', '--delete', tag);
  rmSync(join(repository.folder, 'dist'), { recursive: true, force: true });
});

const read = (path: string) => readFileSync(join(repository.folder, path), 'utf8');
const release = (...args: readonly string[]) => repository.script('release.js', ...args);
const next = '9.4.0';
const OURSELVES = { name: 'tollkeeper', version: next };
interface Materials {
  readonly components: readonly { readonly name: string }[];
}

/** All that a release would change. */
const traces = () => ({
  head: repository.git('rev-parse', 'HEAD'),
  tags: repository.git('tag', '--list'),
  changes: repository.git('status', '--porcelain'),
  hasPackage: existsSync(join(repository.folder, 'dist')),
});

test('a dry run says everything and changes nothing', () => {
  const before = traces();
  const { status, output } = release(next, '--dry-run');
  expect(status).toBe(0);
  expect(output).toContain(
    `package.json, package-lock.json, sdk/python/pyproject.toml: ${current} → ${next}`,
  );
  expect(output).toMatch(/2 entries under \[9\.4\.0\] - \d{4}-\d{2}-\d{2}/);
  expect(output).toContain(`tag v${next}`);
  expect(output).toContain(
    'docker build -t tollkeeper:9.4.0 -t tollkeeper:9.4 -t tollkeeper:latest .',
  );
  expect(traces()).toEqual(before);
});

test('a release is one commit and one tag, with the SDKs as packages', () => {
  const { status, output } = release(next);
  expect({ status, output }).toMatchObject({ status: 0 });
  expect(repository.git('log', '-1', '--format=%s')).toBe(`Release ${next}`);
  expect(repository.git('show', '--name-only', '--format=', 'HEAD').split('\n')).toEqual([
    ...['CHANGELOG.md', 'package-lock.json', 'package.json', 'sdk/python/pyproject.toml'],
  ]);
  expect(repository.git('rev-parse', `v${next}^{commit}`)).toBe(
    repository.git('rev-parse', 'HEAD'),
  );
  expect(repository.git('status', '--porcelain')).toBe('');

  const lock = JSON.parse(read('package-lock.json')) as {
    version: string;
    packages: Record<string, { version: string }>;
  };
  expect([lock.version, lock.packages['']?.version]).toEqual([next, next]);
  expect(JSON.parse(read('package.json'))).toMatchObject({ version: next });
  const heading = /## \[Unreleased\]\n\n## \[9\.4\.0\] - \d{4}-\d{2}-\d{2}\n\n### Added\n/;
  expect(read('CHANGELOG.md')).toMatch(heading);
  expect(read('CHANGELOG.md').replace(/\n\n## \[9\.4\.0\] - .*/, '')).toBe(CHANGELOG);

  const sdk = JSON.parse(read('dist/sdk/package.json')) as unknown;
  expect(sdk).toMatchObject({ name: 'tollkeeper', version: next });
  const made = readdirSync(join(repository.folder, 'dist')).filter((name) => name !== 'sdk');
  expect(made.sort()).toEqual(
    [
      ...[`${next}-licences.txt`, `${next}-py3-none-any.whl`, `${next}.cdx.json`],
      ...[`${next}.sha256`, `${next}.tar.gz`, `${next}.tgz`],
    ].map((name) => `tollkeeper-${name}`),
  );
  const checked = execFileSync('sha256sum', ['--check', `tollkeeper-${next}.sha256`], {
    ...{ cwd: join(repository.folder, 'dist'), encoding: 'utf8' },
  });
  expect(checked.match(/: OK$/gm)).toHaveLength(made.length - 1);

  const materials = JSON.parse(read(`dist/tollkeeper-${next}.cdx.json`)) as Materials;
  expect(materials).toMatchObject({ bomFormat: 'CycloneDX', metadata: { component: OURSELVES } });
  const { dependencies } = JSON.parse(read('package.json')) as { dependencies: object };
  const names = materials.components.map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(Object.keys(dependencies)));
  expect(names).not.toContain('jest');
  const shipped = read(`dist/tollkeeper-${next}-licences.txt`);
  expect(shipped).toMatch(/^express@5\S+\tMIT\tshipped$/m);
  expect(shipped).not.toMatch(/^jest@/m);

  // The next one needs something to tell.
  expect(release('9.5.0')).toMatchObject({
    status: 1,
    output: expect.stringContaining('CHANGELOG.md has nothing under "## [Unreleased]"') as unknown,
  });
});

test('what comes before a version moves no tag that people follow', () => {
  const { output } = release('9.4.0-rc.1', '--dry-run');
  expect(output).toContain('docker build -t tollkeeper:9.4.0-rc.1 .\n');
  expect(output).toContain('tollkeeper-9.4.0rc1-py3-none-any.whl');
});

test('where Python has not what makes the wheel there is no release', () => {
  repository.program('python3', '#!/bin/sh\nexit 1\n');
  const before = traces();
  const { status, output } = release(next);
  repository.program('python3', `#!/bin/sh\nexec "${python}" "$@"\n`);
  expect({ status, output }).toMatchObject({
    status: 1,
    output: expect.stringContaining('python3 -m pip install build hatchling') as unknown,
  });
  expect(traces()).toEqual(before);
});

test.each<[string, string | undefined, () => void, string]>([
  ['no version', undefined, () => undefined, 'expected one such as 1.2.3'],
  ['a version that is none', 'v2', () => undefined, 'The version is v2'],
  ['the version of now', '0.1.0', () => undefined, '0.1.0 is not above'],
  ['a version that Python has not', '9.4.0-next.1', () => undefined, 'is no version for Python'],
  ['one from before', '0.0.9', () => undefined, '0.0.9 is not above'],
  ['a release candidate of now', '0.1.0-rc.1', () => undefined, '0.1.0-rc.1 is not above'],
  [
    'a branch',
    next,
    () => repository.git('switch', '--quiet', '--create', 'fix'),
    'This is the branch fix',
  ],
  [
    'a change that is not committed',
    next,
    () => repository.write('CHANGELOG.md', `${CHANGELOG}\n`),
    'M CHANGELOG.md',
  ],
  ['a tag that is there', next, () => repository.git('tag', `v${next}`), 'There is a tag v9.4.0'],
])('refused: %s', (_what, version, prepare, reason) => {
  const manifest = JSON.parse(read('package.json')) as object;
  repository.write(
    'package.json',
    `${JSON.stringify({ ...manifest, version: '0.1.0' }, null, 2)}\n`,
  );
  repository.commit('A version that the cases know');
  prepare();
  const before = traces();
  const { status, output } = release(...(version === undefined ? [] : [version]));
  expect({ status, output }).toEqual({
    status: 1,
    output: expect.stringContaining(reason) as unknown,
  });
  expect(traces()).toEqual(before);
});

test('where the SDK is not packed there is no release', () => {
  repository.git('rm', '--quiet', 'tsconfig.sdk.json');
  repository.commit('An SDK that can not be built');
  const { head, tags } = traces();
  const { status, output } = release(next);
  expect(status).toBe(1);
  expect(output).toMatch(/bin.build-sdk\.js failed:/);
  expect(traces()).toMatchObject({ head, tags, changes: '' });
});
