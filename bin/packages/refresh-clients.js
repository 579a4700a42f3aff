/**
 * `npm run clients`: pins anew what test/sdk plays, the newest clients of providers and the newest
 * of one major before. A client whose releases are all of one major has its minors taken for them.
 * They are pinned so that a run of the tests tells of our change, and not of another's release.
 */
const { spawnSync } = require('node:child_process');
const { readFileSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { root } = require('../install');

const FOLDER = join(root, 'test', 'support', 'clients');
const isOfWindows = process.platform === 'win32';
const PYTHON = isOfWindows ? 'python' : 'python3';

/** Without the address of a registry in the lock file. */
const NPM = [
  ...['install', '--package-lock-only', '--ignore-scripts', '--save-exact', '--no-audit'],
  ...['--no-fund', '--omit-lockfile-registry-resolved', '--loglevel=error'],
];
const PIP = [
  ...['-m', 'pip', 'install', '--dry-run', '--ignore-installed', '--quiet', '--report', '-'],
  '--disable-pip-version-check',
];

/** What the SDK for Python meters of those that are pinned there. */
const OF_PYTHON = ['anthropic', 'google-genai', 'langchain-core', 'litellm', 'openai'];
const OF_ONE_MAJOR = new Set(['litellm']);

function run(program, args, cwd) {
  const settings = { cwd, encoding: 'utf8', maxBuffer: 2 ** 28 };
  const shell = isOfWindows && program === 'npm';
  const { status, stdout, stderr, error } = spawnSync(program, args, { ...settings, shell });
  if (status === 0) return stdout;
  throw new Error(`${program} ${args.join(' ')} failed: ${error ?? stderr}`);
}

const dependenciesOf = (set) =>
  JSON.parse(readFileSync(join(FOLDER, set, 'package.json'), 'utf8')).dependencies;

/** `<3` of `3.57.0`, or `<1.110` of `1.110.2`. */
function olderThan(name, version) {
  const [major, minor] = version.split('.');
  return OF_ONE_MAJOR.has(name) ? `<${major}.${minor}` : `<${major}`;
}

function pinForNode() {
  const newest = Object.keys(dependenciesOf('newest')).map((name) => `${name}@latest`);
  run('npm', [...NPM, ...newest], join(FOLDER, 'newest'));
  const versions = dependenciesOf('newest');
  const before = Object.keys(dependenciesOf('before')).map(
    (name) => `${name}@${olderThan(name, versions[name])}`,
  );
  run('npm', [...NPM, ...before], join(FOLDER, 'before'));
}

function pinForPython() {
  const newest = resolved([]);
  writeConstraints('newest', newest);
  const limits = OF_PYTHON.map((name) => `${name}${olderThan(name, newest.get(name))}`);
  writeConstraints('before', resolved(limits));
}

/** All packages of the SDK's tests, by name, as pip would install them. */
function resolved(limits) {
  const report = run(PYTHON, [...PIP, `${join('sdk', 'python')}[test]`, ...limits], root);
  const packages = JSON.parse(report).install.map(({ metadata }) => metadata);
  return new Map(packages.map(({ name, version }) => [name.toLowerCase(), version]));
}

function writeConstraints(set, versions) {
  const lines = [...versions].filter(([name]) => name !== 'tollkeeper').sort();
  const text = lines.map(([name, version]) => `${name}==${version}\n`).join('');
  writeFileSync(join(FOLDER, set, 'constraints.txt'), text);
}

try {
  pinForNode();
  pinForPython();
  process.stdout.write(run('git', ['diff', '--stat', '--', FOLDER], root));
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
