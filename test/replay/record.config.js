/** Records histories instead of testing: see recording.ts. */
const base = require('../../jest.config');

const integration = base.projects.find(({ displayName }) => displayName === 'integration');

module.exports = {
  ...base,
  projects: [
    {
      ...integration,
      rootDir: `${__dirname}/../..`,
      displayName: 'recording',
      testMatch: ['<rootDir>/test/replay/*recording.ts'],
    },
  ],
};
