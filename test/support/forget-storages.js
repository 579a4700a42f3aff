/**
 * Before each test file: the AsyncLocalStorage that files before it have used is disabled. All
 * share one process, and Node tells every promise of every storage that is enabled: after ninety
 * files that took a third of the time. A storage that is used again is enabled by that.
 */
const { AsyncLocalStorage } = require('node:async_hooks');

const USED = Symbol.for('tollkeeper.used-storages');

/** Once in a process: core modules are shared by all test files. */
function watch() {
  const used = new Set();
  for (const method of ['run', 'enterWith']) {
    const original = AsyncLocalStorage.prototype[method];
    AsyncLocalStorage.prototype[method] = function (...args) {
      used.add(this);
      return original.apply(this, args);
    };
  }
  return used;
}

const used = (AsyncLocalStorage[USED] ??= watch());
for (const storage of used) storage.disable();
used.clear();
