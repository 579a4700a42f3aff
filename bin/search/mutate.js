/**
 * `npm run mutate -- src/core/counting`: breaks a folder of rules, or a file, in every way that
 * Stryker knows, and tells which breaks no test notices. A folder takes less than a minute.
 */
const { spawnSync } = require('node:child_process');
const { existsSync, statSync } = require('node:fs');
const { join } = require('node:path');
const { installIfMissing, root } = require('../install');

const RULES = 'src/core';

function mutate([asked = RULES, ...options]) {
  const path = asked.replace(/\/+$/, '');
  // Lines may be named behind a file: money.ts:10-20.
  const file = path.replace(/:.*$/, '');
  if (!file.startsWith(RULES) || !existsSync(join(root, file))) {
    console.error(`"${asked}" has no rules: expected a file or a folder of ${RULES}.`);
    return 1;
  }
  installIfMissing();
  const isFolder = statSync(join(root, file)).isDirectory();
  const stryker = join(root, 'node_modules', '@stryker-mutator', 'core', 'bin', 'stryker.js');
  const config = join('test', 'mutation', 'stryker.config.mjs');
  const { status } = spawnSync(
    process.execPath,
    [stryker, 'run', config, '--mutate', isFolder ? `${path}/**/*.ts` : path, ...options],
    { cwd: root, stdio: 'inherit' },
  );
  return status ?? 1;
}

process.exit(mutate(process.argv.slice(2)));
