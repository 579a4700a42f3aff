/** The rule's own tests come first, and small ones before large ones: most mutants die early. */
const { existsSync, statSync } = require('node:fs');
const { sep } = require('node:path');
const Sequencer = require('@jest/test-sequencer').default;

module.exports = class NearestFirst extends Sequencer {
  sort(tests) {
    const folder = `${sep}${process.env.MUTATION_FOLDER ?? 'test/core'}`;
    const weight = ({ path }) =>
      (path.includes(folder) ? 0 : 1e9) + (existsSync(path) ? statSync(path).size : 0);
    return [...tests].sort((a, b) => weight(a) - weight(b));
  }
};
