/**
 * `npm test`: installs what is missing and runs every test. Arguments go to jest. Its last line is
 * plain: `N passed, N failed`.
 */
const { spawn } = require('node:child_process');
const { join } = require('node:path');
const { installIfMissing, root } = require('./install');

installIfMissing();
const jest = join(root, 'node_modules', 'jest', 'bin', 'jest.js');
const reporters = ['--reporters=default', `--reporters=${join(__dirname, 'closing-line.js')}`];
const args = [jest, '--runInBand', ...reporters, ...process.argv.slice(2)];
const child = spawn(process.execPath, args, { cwd: root, stdio: 'inherit' });
// The terminal sends Ctrl-C to jest as well, which ends its servers; we only wait for it.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => child.kill('SIGTERM'));
child.on('exit', (code) => process.exit(code ?? 1));
