/** Records histories by the code of an earlier release: see released-recordings.ts. */
const base = require('./record.config');

module.exports = {
  ...base,
  projects: base.projects.map((project) => ({
    ...project,
    testMatch: ['<rootDir>/test/replay/released-recordings.ts'],
  })),
};
