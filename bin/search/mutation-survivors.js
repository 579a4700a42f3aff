/**
 * Mutants that no test notices, beside those that `test/mutation/survivors` explains one by one: a
 * survivor without a reason fails. They are known by their text, since lines move.
 */
const { readFileSync, readdirSync } = require('node:fs');
const { join } = require('node:path');

/** Longer texts are known by how they begin and end. */
const SHOWN_MAX = 90;
const SHOWN_HEAD = 50;
const SHOWN_TAIL = 30;
const CUT = ' […] ';

const UNNOTICED = ['Survived', 'NoCoverage'];

/** `mutants` of `file` have one reason in common why no test notices them. */
function explanations(root) {
  const folder = join(root, 'test', 'mutation', 'survivors');
  return readdirSync(folder)
    .sort()
    .flatMap((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')));
}

/** Mutator, what stood there, and what stands there instead. */
function nameOf(source, { mutatorName, location, replacement = '' }) {
  const { start, end } = location;
  const lines = source.split('\n').slice(start.line - 1, end.line);
  const last = lines.length - 1;
  lines[last] = lines[last].slice(0, end.column - 1);
  lines[0] = lines[0].slice(start.column - 1);
  return `${mutatorName}: ${shown(lines.join('\n'))} → ${shown(replacement)}`;
}

function shown(text) {
  const line = text.replace(/\s+/g, ' ').trim();
  if (line.length <= SHOWN_MAX) return line;
  return `${line.slice(0, SHOWN_HEAD).trim()}${CUT}${line.slice(-SHOWN_TAIL).trim()}`;
}

/** How often each unnoticed mutant of the report is there, file by file. */
function survivorsOf({ files }) {
  return Object.entries(files).flatMap(([file, { source, mutants }]) =>
    mutants
      .filter(({ status }) => UNNOTICED.includes(status))
      .map((mutant) => ({ file, name: nameOf(source, mutant) })),
  );
}

/** Survivors that nothing explains; one that is there twice has to be listed twice. */
function unexplained(report, explained) {
  const listed = explained.flatMap(({ file, mutants }) => mutants.map((name) => [file, name]));
  const left = listed.map((one) => one.join(' '));
  return survivorsOf(report).filter(({ file, name }) => {
    const at = left.indexOf(`${file} ${name}`);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}

/** Explained mutants of the report's files that a test notices by now. */
function outdated(report, explained) {
  const left = survivorsOf(report).map(({ file, name }) => `${file} ${name}`);
  return explained
    .filter(({ file }) => report.files[file] !== undefined)
    .flatMap(({ file, mutants }) => mutants.map((name) => ({ file, name })))
    .filter(({ file, name }) => {
      const at = left.indexOf(`${file} ${name}`);
      if (at >= 0) left.splice(at, 1);
      return at < 0;
    });
}

/** Tells what is not explained, and whether all is. With `isWhole`, what is noticed by now, too. */
function compareSurvivors(root, isWhole) {
  const report = JSON.parse(readFileSync(join(root, '.dev', 'mutation.json'), 'utf8'));
  const explained = explanations(root);
  const missing = unexplained(report, explained);
  for (const { file, name } of missing) console.error(`${file}: ${JSON.stringify(name)}`);
  if (missing.length > 0)
    console.error(
      `${missing.length} mutants survive without a reason: expected a test that notices each, or ` +
        'why none has to, in test/mutation/survivors.',
    );
  for (const { file, name } of isWhole ? outdated(report, explained) : [])
    console.log(`${file}: ${JSON.stringify(name)} is noticed now, and needs no reason any more.`);
  return missing.length === 0;
}

module.exports = { compareSurvivors, explanations, outdated, unexplained, CUT };
