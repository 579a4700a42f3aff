/**
 * Projects: `unit` needs nothing, `lives` play months in memory, and `integration` gets
 * Postgres, a Temporal dev server and the time-skipping server from test/support/global-setup.ts. A
 * path that names no folder of the others belongs to the integration project, so no test is ever
 * left out; nor is one that needs servers in a folder of `unit`, which ends in `.stack.test.ts`.
 * `programs` start the product as its users do, on servers of their own, and get none of these.
 * `memory` measures its own process, which hundreds of other files would have filled.
 * `examples` installs a gigabyte of packages, and is a command of its own: `npm run examples`.
 */
const UNIT = [
  'core',
  'architecture',
  'docs',
  'dev/stripe-sandbox',
  'config',
  'cli',
  'bench',
  'bin',
  'providers',
  'react',
].map((area) => `test/${area}/`);
const LIVES = 'test/life/';
const PROGRAMS = [
  ...['cluster', 'documents', 'drill', 'kill', 'traces'].map((name) => `test/journey/${name}`),
  'test/dev/stack',
].map((path) => `${path}.test.ts`);
const MEMORY = 'test/api/http/constant-memory.test.ts';
const EXAMPLES = 'test/sdk/examples.test.ts';
const STACK = '\\.stack\\.test\\.ts$';

const shared = {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  setupFiles: ['<rootDir>/test/support/forget-storages.js'],
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/.dev/'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
        // `import()` stays native, so that packages which are only ES modules load in global setup.
        module: { type: 'commonjs', ignoreDynamic: true },
      },
    ],
  },
};

const servers = {
  globalSetup: '<rootDir>/test/support/global-setup.ts',
  globalTeardown: '<rootDir>/test/support/global-teardown.ts',
};

module.exports = {
  // More workers are slower: servers, JVM and bundles compete for the cores (measured on two).
  maxWorkers: 1,
  // What files before it have left in memory (350 of them came to 4 GB) ends with the worker, which
  // is started anew between two files. Servers are in the environment, which the next one inherits.
  workerIdleMemoryLimit: '1.5GB',
  testTimeout: 60_000,
  projects: [
    {
      ...shared,
      displayName: 'unit',
      testMatch: UNIT.map((folder) => `<rootDir>/${folder}**/*.test.ts`),
      testPathIgnorePatterns: [STACK],
    },
    {
      ...shared,
      displayName: 'lives',
      testMatch: [`<rootDir>/${LIVES}**/*.test.ts`],
    },
    {
      ...shared,
      displayName: 'integration',
      testMatch: ['<rootDir>/test/**/*.test.ts'],
      // The conformance tests come after all others, with a configuration of their own.
      testPathIgnorePatterns: [
        ...UNIT.map((folder) => `<rootDir>/${folder}(?!.*${STACK})`),
        ...[...PROGRAMS, LIVES, 'test/conformance/', MEMORY, EXAMPLES].map(
          (path) => `<rootDir>/${path}`,
        ),
      ],
      ...servers,
    },
    {
      ...shared,
      displayName: 'programs',
      testMatch: PROGRAMS.map((path) => `<rootDir>/${path}`),
    },
    {
      ...shared,
      displayName: 'memory',
      testMatch: [`<rootDir>/${MEMORY}`],
      ...servers,
    },
    {
      ...shared,
      displayName: 'examples',
      testMatch: [`<rootDir>/${EXAMPLES}`],
      ...servers,
    },
  ],
};
