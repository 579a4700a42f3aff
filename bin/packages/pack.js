/**
 * `node bin/packages/pack.js FOLDER`: the SDKs as apps install them. npm's tarball is made of
 * dist/sdk; the wheel is built of the source distribution, which is kept beside it. Nothing is
 * fetched: the machine's Python has `build` and `hatchling`, or says that it has not.
 */
const { spawnSync } = require('node:child_process');
const { mkdirSync } = require('node:fs');
const { join, resolve } = require('node:path');
const { root } = require('../install');
const { pythonVersion } = require('./python-version');

const isOfWindows = process.platform === 'win32';
const PYTHON = isOfWindows ? 'python' : 'python3';
const NEEDED = 'build hatchling';

function run(program, ...args) {
  const settings = { cwd: root, encoding: 'utf8', shell: isOfWindows && program === 'npm' };
  const { status, stdout, stderr, error } = spawnSync(program, args, settings);
  if (status === 0) return;
  const reason = error ? error.message : `${stdout}${stderr}`.trim();
  throw new Error(`${program} ${args.join(' ')} failed: ${reason}`);
}

/** What to do where a wheel can't be built here, or nothing. */
function missingForWheel() {
  const { status } = spawnSync(PYTHON, ['-c', 'import build, hatchling'], { stdio: 'ignore' });
  if (status === 0) return undefined;
  return `${PYTHON} has no ${NEEDED}, which make the wheel: ${PYTHON} -m pip install ${NEEDED}`;
}

/** Into dist/sdk, and of it into the folder. */
function packForNpm(folder) {
  run(process.execPath, join('bin', 'build-sdk.js'));
  const source = `.${isOfWindows ? '\\' : '/'}${join('dist', 'sdk')}`;
  run('npm', 'pack', source, '--pack-destination', folder, '--offline', '--no-update-notifier');
}

function packForPython(folder) {
  const missing = missingForWheel();
  if (missing) throw new Error(missing);
  run(PYTHON, '-m', 'build', '--no-isolation', '--outdir', folder, join('sdk', 'python'));
}

/** The files' names, as npm and Python's tools make them of a version. */
const packageNames = (version) => [
  `tollkeeper-${version}.tgz`,
  `tollkeeper-${pythonVersion(version)}-py3-none-any.whl`,
  `tollkeeper-${pythonVersion(version)}.tar.gz`,
];

module.exports = { missingForWheel, packageNames };

if (require.main === module) {
  const folder = resolve(process.argv[2] ?? join(root, 'dist'));
  mkdirSync(folder, { recursive: true });
  try {
    packForNpm(folder);
    packForPython(folder);
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
