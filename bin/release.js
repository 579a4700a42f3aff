/**
 * `npm run release -- VERSION [--dry-run]`: the version in the packages, what has changed since the
 * last under it in CHANGELOG.md, one commit, one tag, the SDKs as packages, what is in it (a bill
 * of materials and the licences), and the checksums of all that. Nothing leaves this machine: what
 * is left to do is printed. `--dry-run` says what would be done, and does nothing.
 */
const { spawnSync } = require('node:child_process');
const { createHash } = require('node:crypto');
const { readFileSync, writeFileSync } = require('node:fs');
const { basename, join } = require('node:path');
const { asText, licences, notAllowed } = require('./licences');
const { missingForWheel, packageNames } = require('./packages/pack');
const { pythonVersion } = require('./packages/python-version');
const { notPinned } = require('./pin-images');

const root = join(__dirname, '..');
const VERSIONED = ['package.json', 'package-lock.json', 'sdk/python/pyproject.toml'];
const CHANGELOG = 'CHANGELOG.md';
const UNRELEASED = '## [Unreleased]';
const VERSION = /^(\d+)\.(\d+)\.(\d+)(?:-([0-9a-z]+(?:\.[0-9a-z]+)*))?$/;

const read = (path) => readFileSync(join(root, path), 'utf8');
const write = (path, text) => writeFileSync(join(root, path), text);

/** A reason that somebody can do something about. */
class Refusal extends Error {}

function run(program, ...args) {
  const isOfWindows = process.platform === 'win32' && program === 'npm';
  const settings = { cwd: root, encoding: 'utf8', shell: isOfWindows };
  const { status, stdout, stderr, error } = spawnSync(program, args, settings);
  if (status === 0) return stdout.trim();
  const reason = error ? error.message : `${stdout}${stderr}`.trim();
  throw new Refusal(`${program} ${args.join(' ')} failed: ${reason}`);
}

/** Below zero where `left` is the earlier one: 1.0.0-rc.1 is before 1.0.0. */
function compareVersions(left, right) {
  const [a, b] = [left, right].map((version) => VERSION.exec(version));
  for (const at of [1, 2, 3]) if (a[at] !== b[at]) return Number(a[at]) - Number(b[at]);
  if (a[4] === undefined || b[4] === undefined) return Number(!a[4]) - Number(!b[4]);
  return a[4].localeCompare(b[4], 'en', { numeric: true });
}

/** What is written under [Unreleased], up to the release before. */
function unreleasedOf(changelog) {
  const start = changelog.indexOf(`${UNRELEASED}\n`);
  if (start < 0) throw new Refusal(`${CHANGELOG} has no heading "${UNRELEASED}".`);
  const from = start + UNRELEASED.length;
  const end = changelog.indexOf('\n## ', from);
  return changelog.slice(from, end < 0 ? undefined : end).trim();
}

function assertReleasable(version, current) {
  if (!VERSION.test(version ?? ''))
    throw new Refusal(
      `The version is ${version}: expected one such as 1.2.3, as in npm run release -- 1.2.3`,
    );
  if (pythonVersion(version) === undefined)
    throw new Refusal(
      `${version} is no version for Python: before one come alpha, beta and rc, as in 1.2.0-rc.1`,
    );
  if (compareVersions(version, current) <= 0)
    throw new Refusal(`${version} is not above ${current}, which package.json has.`);
  const branch = run('git', 'rev-parse', '--abbrev-ref', 'HEAD');
  if (branch !== 'main') throw new Refusal(`This is the branch ${branch}: releases are of main.`);
  const changes = run('git', 'status', '--porcelain');
  if (changes !== '') throw new Refusal(`Commit these first, or put them away:\n${changes}`);
  if (run('git', 'tag', '--list', `v${version}`) !== '')
    throw new Refusal(`There is a tag v${version} already.`);
  if (unreleasedOf(read(CHANGELOG)) === '')
    throw new Refusal(`${CHANGELOG} has nothing under "${UNRELEASED}": what would be released?`);
  const missing = missingForWheel();
  if (missing) throw new Refusal(missing);
}

/** The files that say which version this is, as they will be. */
function releasedFiles(version, current, day) {
  const [manifest, lock] = VERSIONED.slice(0, 2).map((path) => JSON.parse(read(path)));
  manifest.version = version;
  lock.version = version;
  lock.packages[''].version = version;
  const heading = `${UNRELEASED}\n\n## [${version}] - ${day}`;
  return {
    [VERSIONED[0]]: `${JSON.stringify(manifest, null, 2)}\n`,
    [VERSIONED[1]]: `${JSON.stringify(lock, null, 2)}\n`,
    [VERSIONED[2]]: read(VERSIONED[2]).replace(
      /^version = ".*"$/m,
      `version = "${pythonVersion(version)}"`,
    ),
    [CHANGELOG]: read(CHANGELOG).replace(UNRELEASED, () => heading),
  };
}

/** `latest` and 1.2 go on with each release, but not with what comes before one. */
function imageTags(version) {
  const [, major, minor, , isBefore] = VERSION.exec(version);
  return isBefore ? [version] : [version, `${major}.${minor}`, 'latest'];
}

const fileOf = (version, ending) => join('dist', `tollkeeper-${version}${ending}`);
const packagesOf = (version) => packageNames(version).map((name) => join('dist', name));
const materialsOf = (version) => fileOf(version, '.cdx.json');
const licencesOf = (version) => fileOf(version, '-licences.txt');
const checksumsOf = (version) => fileOf(version, '.sha256');

/** As `sha256sum --check` reads it, in the folder of the files. */
function writeChecksums(version) {
  const files = [...packagesOf(version), materialsOf(version), licencesOf(version)];
  const lines = files.map((path) => {
    const sum = createHash('sha256')
      .update(readFileSync(join(root, path)))
      .digest('hex');
    return `${sum}  ${basename(path)}\n`;
  });
  write(checksumsOf(version), lines.join(''));
}

/** What is shipped, as the lock file has it: nothing is asked of anybody. */
function writeMaterials(version) {
  const packages = licences();
  const refused = notAllowed(packages);
  if (refused.length > 0) throw new Refusal(`Licences that may not be:\n${asText(refused)}`);
  const shipped = packages.filter(({ isShipped }) => isShipped);
  const refs = new Set(shipped.map(({ name, version: its }) => `${name}@${its}`));
  const asked = ['--sbom-format', 'cyclonedx', '--package-lock-only', '--offline'];
  const materials = JSON.parse(run('npm', 'sbom', ...asked));
  const ours = materials.metadata.component;
  // npm takes the folder's name for ours; and without `dev` it leaves out what dev needs as well.
  ours.name = JSON.parse(read('package.json')).name;
  materials.components = materials.components.filter((each) => refs.has(each['bom-ref']));
  materials.dependencies = materials.dependencies
    .filter(({ ref }) => refs.has(ref) || ref === ours['bom-ref'])
    .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((on) => refs.has(on)) }));
  write(materialsOf(version), `${JSON.stringify(materials, null, 2)}\n`);
  write(licencesOf(version), `${asText(shipped)}\n`);
}

function release(version, current, day) {
  const files = releasedFiles(version, current, day);
  for (const [path, text] of Object.entries(files)) write(path, text);
  try {
    run(process.execPath, join('bin', 'packages', 'pack.js'), 'dist');
    writeMaterials(version);
    writeChecksums(version);
    run('git', 'commit', '--quiet', '--message', `Release ${version}`, '--', ...Object.keys(files));
    run('git', 'tag', '--annotate', `v${version}`, '--message', `Tollkeeper ${version}`);
  } catch (error) {
    // Half a release is none: nothing was committed before the package was there.
    run('git', 'checkout', '--', ...Object.keys(files));
    throw error;
  }
}

const entriesOf = (text) => text.split('\n').filter((line) => line.startsWith('- ')).length;

function plan(version, current, day) {
  const entries = entriesOf(unreleasedOf(read(CHANGELOG)));
  return [
    `${VERSIONED.join(', ')}: ${current} → ${version}`,
    `${CHANGELOG}: ${entries} entries under [${version}] - ${day}, and an empty [Unreleased]`,
    `commit "Release ${version}", tag v${version}`,
    `${packagesOf(version).join(', ')}: the SDKs`,
    `${materialsOf(version)}: all that is shipped (CycloneDX)`,
    `${licencesOf(version)}: its licences`,
    `${checksumsOf(version)}: checksums of these files`,
  ];
}

/** Images are pinned before a release is made, on a machine that reaches their registries. */
const leftToPin = () =>
  notPinned().map((image) => `node bin/pin-images.js   # ${image} has no digest`);

const leftToDo = (version) => [
  ...leftToPin(),
  `docker build ${imageTags(version)
    .map((tag) => `-t tollkeeper:${tag}`)
    .join(' ')} .`,
  `git push origin main v${version}`,
  `npm publish ${packagesOf(version)[0]}`,
  `python3 -m twine upload ${packagesOf(version).slice(1).join(' ')}`,
  'npx jest --config test/replay/record.config.js   # its histories, for later ones to replay',
];

function main(args) {
  const isDry = args.includes('--dry-run');
  const [version] = args.filter((word) => !word.startsWith('--'));
  const { version: current } = JSON.parse(read('package.json'));
  assertReleasable(version, current);
  const day = new Date().toISOString().slice(0, 10);
  const done = plan(version, current, day);
  if (!isDry) release(version, current, day);
  console.log(`${isDry ? 'Would be done' : 'Done'}:`);
  for (const line of done) console.log(`  ${line}`);
  console.log('Left to do:');
  for (const line of leftToDo(version)) console.log(`  ${line}`);
}

try {
  main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof Refusal)) throw error;
  console.error(error.message);
  process.exit(1);
}
