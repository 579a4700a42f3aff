/** A property that fails has noticed the mutant: its smallest case is of no use, and takes long. */
const { configureGlobal } = require('fast-check');

configureGlobal({ endOnFailure: true, seed: 1 });
