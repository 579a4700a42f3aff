/**
 * `npm run mutate -- src/core/counting`: breaks a folder of rules, or a file, in every way that
 * Stryker knows, tells which breaks no test notices, and fails where one of them has no reason on
 * record, or more are unnoticed than are there. A folder takes less than a minute, all some.
 */
const { spawnSync } = require('node:child_process');
const { existsSync, statSync } = require('node:fs');
const { join } = require('node:path');
const { installIfMissing, root } = require('../install');
const { compareScores } = require('./mutation-scores');
const { compareSurvivors } = require('./mutation-survivors');

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
  if (status !== 0) return status ?? 1;
  const isWhole = (folder) => isFolder && (folder === path || folder.startsWith(`${path}/`));
  const isNoWorse = compareScores(root, isWhole);
  return compareSurvivors(root, file === path) && isNoWorse ? 0 : 1;
}

process.exit(mutate(process.argv.slice(2)));
