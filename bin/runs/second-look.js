/**
 * Which failures of a whole run deserve a second look, and what both together come to.
 *
 * Tests of the projects below, and those of the sandbox, wait for real servers on a machine that
 * does other things too. A file of theirs that failed is played once more, alone; when it passes,
 * it raced, and the run says so by name. Nothing else is tried again: units and lives are the same
 * each time, and more than a few files that fail are no race.
 */
const FILES_MAX = 3;
const SERVERS = new Set(['integration', 'memory', 'programs']);
const waitsForServers = ({ path, project }) =>
  SERVERS.has(project) || path.includes('/test/dev/stripe-sandbox/');

/** The failed files of these runs that may have raced; none if anything else failed too. */
function filesThatMayHaveRaced(runs) {
  const files = runs.flatMap(({ failedFiles }) => failedFiles);
  const mayHaveRaced = files.length <= FILES_MAX && files.every(waitsForServers);
  return mayHaveRaced ? files : [];
}

/** The counts of these runs, in which the second run of some files stands for their first. */
function countsOf(runs, files = [], second = undefined) {
  const sum = (name) =>
    runs.reduce((total, run) => total + run[name], 0) -
    (second === undefined ? 0 : files.reduce((total, { counts }) => total + counts[name], 0)) +
    (second?.[name] ?? 0);
  return { passed: sum('passed'), failed: sum('failed'), notRun: sum('notRun') };
}

module.exports = { countsOf, filesThatMayHaveRaced };
