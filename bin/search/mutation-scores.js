/**
 * What part of a folder's mutants a test notices, beside what is on record in
 * `test/mutation/scores.json`: a folder that has become worse fails.
 */
const { readFileSync } = require('node:fs');
const { join } = require('node:path');

/** A time limit that is reached under load counts as noticed: a score may move by so much. */
const TOLERANCE = 0.5;

/**
 * Prints a line for each folder that the report is of as a whole, and tells whether none is worse.
 */
function compareScores(root, isWhole) {
  const report = JSON.parse(readFileSync(join(root, '.dev', 'mutation.json'), 'utf8'));
  const recorded = JSON.parse(readFileSync(join(root, 'test', 'mutation', 'scores.json'), 'utf8'));
  const results = scoresByFolder(report.files).filter(({ folder }) => isWhole(folder));
  for (const { folder, noticed, mutants } of results) {
    const score = (100 * noticed) / mutants;
    const least = recorded[folder];
    const expected = least === undefined ? 'not on record' : `on record ${least.toFixed(2)} %`;
    console.log(`${folder}: ${noticed} of ${mutants} noticed, ${score.toFixed(2)} %, ${expected}`);
  }
  const worse = results.filter(
    ({ folder, noticed, mutants }) =>
      (100 * noticed) / mutants < (recorded[folder] ?? 0) - TOLERANCE,
  );
  for (const { folder } of worse) {
    console.error(
      `${folder} has less of its mutants noticed than is on record: expected a test for each rule ` +
        'that is new. .dev/mutation.json has the mutants that survive.',
    );
  }
  return worse.length === 0;
}

function scoresByFolder(files) {
  const byFolder = new Map();
  for (const [path, { mutants }] of Object.entries(files)) {
    const folder = path.split('/').slice(0, -1).join('/');
    const sums = byFolder.get(folder) ?? { folder, noticed: 0, mutants: 0 };
    for (const { status } of mutants) {
      if (status === 'Killed' || status === 'Timeout') sums.noticed += 1;
      if (['Killed', 'Timeout', 'Survived', 'NoCoverage'].includes(status)) sums.mutants += 1;
    }
    byFolder.set(folder, sums);
  }
  return [...byFolder.values()].filter(({ mutants }) => mutants > 0);
}

module.exports = { compareScores };
