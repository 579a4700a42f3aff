/** Checks what the other tests made the sandbox say: runs after them, by `npm test`. */
const { projects, ...config } = require('../../jest.config.js');
const [unit] = projects;

module.exports = {
  ...config,
  ...unit,
  displayName: 'conformance',
  rootDir: '../..',
  testMatch: ['<rootDir>/test/conformance/**/*.test.ts'],
};
