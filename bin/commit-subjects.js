/**
 * `npm run subjects [-- BASE]`: the subject of each commit since BASE has at most 72 characters,
 * which is what git and code hosts show of it. Left out, BASE is the last release, or else the
 * commit that brought this file: what is older stays as it is.
 */
const { spawnSync } = require('node:child_process');
const { basename, join } = require('node:path');

const root = join(__dirname, '..');
const CHARACTERS_MAX = 72;

/** Undefined: git is not there, this is no clone of it, or it does not know. */
function git(...args) {
  const { status, stdout } = spawnSync('git', args, { cwd: root, encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}

const lastRelease = () => git('describe', '--tags', '--abbrev=0', '--match', 'v[0-9]*');

const ownBeginning = () =>
  git('log', '--diff-filter=A', '--format=%H', '--', join('bin', basename(__filename)))
    ?.split('\n')
    .at(-1);

function checkSubjects(base = lastRelease() || ownBeginning()) {
  if (!base) return { told: 'No history to look at: no subject was checked.', isFine: true };
  const log = git('log', '--no-merges', '--format=%h %s', `${base}..HEAD`);
  if (log === undefined) return { told: `git knows no ${base}.`, isFine: false };
  const commits = log === '' ? [] : log.split('\n');
  const long = commits
    .map((line) => ({ hash: line.split(' ', 1)[0], subject: line.slice(line.indexOf(' ') + 1) }))
    .filter(({ subject }) => [...subject].length > CHARACTERS_MAX);
  if (long.length === 0)
    return { told: `${commits.length} subjects, none too long.`, isFine: true };
  const told = long.map(
    ({ hash, subject }) =>
      `${hash} has ${[...subject].length} characters, expected at most ${CHARACTERS_MAX}: ` +
      `"${subject}". Reword it, and say the rest in the body.`,
  );
  return { told: told.join('\n'), isFine: false };
}

const { told, isFine } = checkSubjects(process.argv[2]);
console.log(told);
process.exit(isFine ? 0 : 1);
