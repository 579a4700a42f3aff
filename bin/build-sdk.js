/**
 * The SDK as a package of its own, without dependencies: `node bin/build-sdk.js FOLDER`. CommonJS
 * with types, and an ES module that hands the same classes on, so that no app has them twice.
 */
const { spawnSync } = require('node:child_process');
const { copyFileSync, rmSync, writeFileSync } = require('node:fs');
const { join, resolve } = require('node:path');

const root = join(__dirname, '..');

function buildSdk(folder) {
  rmSync(folder, { recursive: true, force: true });
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const args = [tsc, '-p', 'tsconfig.sdk.json', '--outDir', folder];
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
  const names = Object.keys(require(join(folder, 'index.js'))).sort();
  const write = (name, text) => writeFileSync(join(folder, name), text);
  write('index.mjs', `export { ${names.join(', ')} } from './index.js';\n`);
  write('index.d.mts', `export * from './index.js';\n`);
  write('package.json', `${JSON.stringify(manifest(), null, 2)}\n`);
  copyFileSync(join(root, 'LICENSE'), join(folder, 'LICENSE'));
  copyFileSync(join(root, 'src', 'sdk', 'README.md'), join(folder, 'README.md'));
}

/** Under the same name, so that `tollkeeper/sdk` is what apps import either way. */
function manifest() {
  const { name, version, license, engines } = require('../package.json');
  const entry = {
    import: { types: './index.d.mts', default: './index.mjs' },
    require: { types: './index.d.ts', default: './index.js' },
  };
  const description = 'Records the token usage of an app for billing by Tollkeeper';
  const exports = { './sdk': entry, './package.json': './package.json' };
  return { name, version, description, license, type: 'commonjs', engines, exports };
}

module.exports = { buildSdk };

if (require.main === module) buildSdk(resolve(process.argv[2] ?? join(root, 'dist', 'sdk')));
