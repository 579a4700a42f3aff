#!/usr/bin/env node
/**
 * The command in a clean clone: installs what is missing, then runs src/cli/tollkeeper.ts in this
 * very process, so that Ctrl-C, signals and the exit code need no forwarding. A build has
 * dist/src/cli/tollkeeper.js instead.
 */
const { spawn } = require('node:child_process');
const { existsSync } = require('node:fs');
const { register } = require('node:module');
const { join } = require('node:path');
const { buildDashboardIfStale } = require('./build-dashboard');
const { installIfMissing, root } = require('./install');

/** Those that serve pages. */
const SERVING = ['api', 'dev', 'start', 'cluster', 'bench'];

const source = join(root, 'src', 'cli', 'tollkeeper.ts');
const built = join(root, 'dist', 'src', 'cli', 'tollkeeper.js');

if (!existsSync(source)) {
  require(built);
} else {
  installIfMissing();
  const isServing = process.argv.slice(2).some((word) => SERVING.includes(word));
  (isServing ? buildDashboardIfStale() : Promise.resolve()).then(
    register ? runSource : runSourceInChild,
  );
}

function runSource() {
  require('tsx/cjs/api').register();
  // Its CommonJS entry for `import()` looks for files that are not there; the other one works.
  import('tsx/esm/api').then(({ register }) => {
    register();
    require(source);
  });
}

/** Node 20.3 to 20.5 can only be told at the start how to load TypeScript. */
function runSourceInChild() {
  const loader = require.resolve('tsx/cli', { paths: [root] });
  const stdio = ['inherit', 'inherit', 'inherit', ...(process.send ? ['ipc'] : [])];
  const child = spawn(process.execPath, [loader, source, ...process.argv.slice(2)], { stdio });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => child.kill(signal));
  }
  child.on('message', (message) => process.send?.(message));
  process.on('disconnect', () => child.disconnect());
  child.on('exit', (code) => process.exit(code ?? 1));
}
