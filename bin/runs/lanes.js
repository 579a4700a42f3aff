/**
 * Lanes of runs: lanes are played beside one another, and the runs of a lane one after the other.
 * What each run has counted is summed up, and a run that broke is a failure, whatever it counted.
 */

const ofProjects = (...projects) => ({
  name: projects.join(' and '),
  args: ['--selectProjects', ...projects],
});
/**
 * Everything, in groups of lanes. Tests of servers mostly wait, which leaves a core and more idle:
 * what needs none of the shared ones is played beside them. In the end come what looks at all that
 * the tests noted, and what measures its own memory.
 */
const WHOLE = [
  [[ofProjects('lives', 'unit'), ofProjects('programs')], [ofProjects('integration')]],
  [
    [
      {
        name: 'conformance',
        args: ['--config', 'test/conformance/jest.config.js'],
      },
    ],
    [ofProjects('memory')],
  ],
];

/**
 * `play` plays a run, and says how it ended: `code` and `signal` of its process, `counts` if it got
 * as far as counting, and `isInterrupted` if somebody wants no more of all this.
 */
async function playLanes(lanes, play) {
  const ends = [];
  let isInterrupted = false;
  const playLane = async (lane) => {
    for (const run of lane) {
      if (isInterrupted) return;
      const end = await play(run);
      ends.push({ ...end, run });
      isInterrupted ||= end.isInterrupted;
    }
  };
  await Promise.all(lanes.map(playLane));
  return {
    isInterrupted,
    runs: ends.flatMap(({ counts }) => counts ?? []),
    broken: ends.filter(isBroken).map(nameOfBroken),
    hasFailed: ends.some(({ code }) => code !== 0),
  };
}

/** It ended before it counted, or badly though it counted no failure: a teardown that throws. */
const isBroken = ({ code, counts }) => counts === undefined || (code !== 0 && counts.failed === 0);

const nameOfBroken = ({ run, code, signal, counts }) =>
  `${run.name} ended by ${signal ?? `code ${code}`}, ` +
  (counts === undefined ? 'before its tests were counted' : 'though no test of it failed');

module.exports = { playLanes, WHOLE };
