/**
 * The tests that judge a mutant: the rules' own, and with MUTATION_LIVES=1 the months that are
 * lived in memory, too. Neither needs a server.
 */
const { join } = require('node:path');
const { projects } = require('../../jest.config');

const [unit, lives] = projects;
const withLives = process.env.MUTATION_LIVES === '1';

module.exports = {
  ...unit,
  displayName: undefined,
  rootDir: join(__dirname, '..', '..'),
  testMatch: ['<rootDir>/test/core/**/*.test.ts', ...(withLives ? lives.testMatch : [])],
  testRunner: join(__dirname, 'jest-circus-until-failure.js'),
  testSequencer: join(__dirname, 'nearest-first.js'),
  setupFiles: [...unit.setupFiles, join(__dirname, 'no-shrinking.js')],
};
