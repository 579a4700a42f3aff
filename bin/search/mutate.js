/**
 * `npm run mutate -- src/core/counting`: breaks folders of rules, or files, in every way that
 * Stryker knows, tells which breaks no test notices, and fails where one of them has no reason on
 * record, or more are unnoticed than are there. A folder takes less than a minute, all some.
 * `npm run mutate -- --since COMMIT` breaks the files that were changed after it.
 */
const { spawnSync } = require('node:child_process');
const { existsSync, statSync } = require('node:fs');
const { join } = require('node:path');
const { installIfMissing, root } = require('../install');
const { compareScores } = require('./mutation-scores');
const { compareSurvivors } = require('./mutation-survivors');

const RULES = 'src/core';

function mutate(args) {
  const { asked, options } = askedOf(args);
  const paths = asked.map((path) => path.replace(/\/+$/, ''));
  // Lines may be named behind a file: money.ts:10-20.
  const files = paths.map((path) => path.replace(/:.*$/, ''));
  const strange = files.filter((file) => !file.startsWith(RULES) || !existsSync(join(root, file)));
  if (strange.length > 0 || paths.length === 0) {
    const what = strange.length > 0 ? `"${strange.join('", "')}"` : 'What was changed';
    console.error(`${what} has no rules: expected files and folders of ${RULES}.`);
    return 1;
  }
  installIfMissing();
  const isFolder = (path) => statSync(join(root, path)).isDirectory();
  const folders = files.filter(isFolder);
  const patterns = paths.map((path, at) => (isFolder(files[at]) ? `${path}/**/*.ts` : path));
  const stryker = join(root, 'node_modules', '@stryker-mutator', 'core', 'bin', 'stryker.js');
  const config = join('test', 'mutation', 'stryker.config.mjs');
  const { status } = spawnSync(
    process.execPath,
    [stryker, 'run', config, '--mutate', patterns.join(','), ...options],
    { cwd: root, stdio: 'inherit' },
  );
  if (status !== 0) return status ?? 1;
  const isWhole = (folder) =>
    folders.some((path) => folder === path || folder.startsWith(`${path}/`));
  const isNoWorse = compareScores(root, isWhole);
  const areWhole = paths.every((path, at) => path === files[at]);
  return compareSurvivors(root, areWhole) && isNoWorse ? 0 : 1;
}

/** Paths come before the options, which are Stryker's but for `--since`. */
function askedOf(args) {
  const [option, commit, ...options] = args;
  if (option === '--since' && commit) return { asked: changedSince(commit), options };
  const end = args.findIndex((one) => one.startsWith('-'));
  const paths = end < 0 ? args : args.slice(0, end);
  return { asked: paths.length > 0 ? paths : [RULES], options: args.slice(paths.length) };
}

function changedSince(commit) {
  const diff = ['diff', '--name-only', '--diff-filter=d', commit, '--', `${RULES}/*.ts`];
  const { status, stdout } = spawnSync('git', diff, { cwd: root, encoding: 'utf8' });
  if (status !== 0) console.error(`--since is "${commit}": expected a commit of this repository.`);
  return stdout.split('\n').filter(Boolean);
}

process.exit(mutate(process.argv.slice(2)));
