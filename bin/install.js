/** Installs the packages of package-lock.json when they are missing or older than it. */
const { spawnSync } = require('node:child_process');
const { existsSync, statSync, utimesSync } = require('node:fs');
const { join } = require('node:path');

const root = join(__dirname, '..');
/** npm writes it at the end of an installation. */
const marker = join(root, 'node_modules', '.package-lock.json');
const lock = join(root, 'package-lock.json');

exports.root = root;

exports.installIfMissing = function installIfMissing() {
  if (!existsSync(lock)) return;
  if (existsSync(marker) && statSync(marker).mtimeMs >= statSync(lock).mtimeMs) return;
  process.stderr.write('Installing packages (npm ci), a minute or two at the first time …\n');
  const { status, error } = spawnSync(
    'npm',
    ['ci', '--include=dev', '--include=optional', '--no-audit', '--no-fund'],
    // Standard output belongs to the command that is run afterwards.
    { cwd: root, stdio: ['ignore', 2, 2], shell: process.platform === 'win32' },
  );
  if (status !== 0) {
    const reason = error ? error.message : `npm ci ended with ${status}`;
    process.stderr.write(`The packages could not be installed: ${reason}.\n`);
    process.exit(1);
  }
  utimesSync(marker, new Date(), new Date());
};
