/**
 * The SDK as a package of its own, without dependencies: `node bin/build-sdk.js FOLDER`. CommonJS
 * with types, and an ES module that hands the same classes on, so that no app has them twice.
 */
const { spawnSync } = require('node:child_process');
const { copyFileSync, readFileSync, rmSync, writeFileSync } = require('node:fs');
const { join, resolve } = require('node:path');

const root = join(__dirname, '..');

function buildSdk(folder) {
  rmSync(folder, { recursive: true, force: true });
  compile('tsconfig.sdk.json', folder);
  const components = join(folder, 'react');
  compile(join('src', 'react', 'tsconfig.json'), components);
  copyFileSync(join(root, 'src', 'react', 'styles.css'), join(components, 'styles.css'));
  writeModule(folder, '');
  // Bundlers that render on a server go by the first line of what they load.
  writeModule(components, `'use client';\n\n`);
  const write = (name, text) => writeFileSync(join(folder, name), text);
  write('package.json', `${JSON.stringify(manifest(), null, 2)}\n`);
  copyFileSync(join(root, 'LICENSE'), join(folder, 'LICENSE'));
  copyFileSync(join(root, 'src', 'sdk', 'README.md'), join(folder, 'README.md'));
}

function compile(project, folder) {
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const args = [tsc, '-p', project, '--outDir', folder];
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

function writeModule(folder, head) {
  const names = namesIn(readFileSync(join(folder, 'index.js'), 'utf8'));
  const text = `${head}export { ${names.join(', ')} } from './index.js';\n`;
  writeFileSync(join(folder, 'index.mjs'), text);
  writeFileSync(join(folder, 'index.d.mts'), `export * from './index.js';\n`);
}

/** What compiled code exports: it is read, since loading it takes an app's own packages. */
function namesIn(code) {
  const lines = code.split('\n').filter((line) => line.endsWith(' = void 0;'));
  return lines
    .flatMap((line) => [...line.matchAll(/exports\.(\w+)/g)].map(([, name]) => name))
    .sort();
}

/** Under the same name, so that `tollkeeper/sdk` is what apps import either way. */
function manifest() {
  const { name, version, license, engines } = require('../package.json');
  const description = 'Records the token usage of an app for billing by Tollkeeper, and shows it';
  const exports = {
    './sdk': entryIn('.'),
    './react': entryIn('./react'),
    './react/styles.css': './react/styles.css',
    './package.json': './package.json',
  };
  // An app without pages needs none.
  const peers = {
    peerDependencies: { react: '>=18' },
    peerDependenciesMeta: { react: { optional: true } },
  };
  return { name, version, description, license, type: 'commonjs', engines, exports, ...peers };
}

const entryIn = (folder) => ({
  import: { types: `${folder}/index.d.mts`, default: `${folder}/index.mjs` },
  require: { types: `${folder}/index.d.ts`, default: `${folder}/index.js` },
});

module.exports = { buildSdk };

if (require.main === module) buildSdk(resolve(process.argv[2] ?? join(root, 'dist', 'sdk')));
