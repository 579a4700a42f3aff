/**
 * `npm run build`: dist/ with compiled code, the files beside the code that tsc leaves out, and the
 * workflow bundle, which saves a worker seconds at its start (WORKFLOW_BUNDLE); the dashboard; the
 * SDK.
 */
const { spawnSync } = require('node:child_process');
const { cpSync, existsSync, rmSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { buildDashboard } = require('./build-dashboard');
const { buildSdk } = require('./build-sdk');
const { installIfMissing, root } = require('./install');

const NOT_COMPILED = ['src/db/migrations', 'src/dashboard', 'catalog.yaml', 'package.json'];

installIfMissing();
rmSync(join(root, 'dist'), { recursive: true, force: true });
const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
const { status } = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], {
  cwd: root,
  stdio: 'inherit',
});
if (status !== 0) process.exit(status ?? 1);
for (const path of NOT_COMPILED) {
  if (!existsSync(join(root, path))) continue;
  // The front end of the customer's page is built by itself.
  const filter = (source) => !/\.tsx?$|[\\/]dashboard[\\/]app$/.test(source);
  cpSync(join(root, path), join(root, 'dist', path), { recursive: true, filter });
}
buildSdk(join(root, 'dist', 'sdk'));
Promise.all([bundleWorkflows(), buildDashboard()]).then(() => console.log('Built dist/.'));

/** One for each way of writing failures: a worker takes the one that its settings ask for. */
async function bundleWorkflows() {
  const { DefaultLogger } = require('@temporalio/worker');
  const compiled = (...path) => require(join(root, 'dist', 'src', ...path));
  const { bundleWorkflows: bundle, encryptingBundle } = compiled('processes', 'workflow-code.js');
  const { FAILURE_CONVERTER } = compiled('temporal', 'data-converter.js');
  const path = join(root, 'dist', 'workflow-bundle.js');
  const logger = new DefaultLogger('WARN');
  writeFileSync(path, (await bundle(undefined, logger)).code);
  writeFileSync(encryptingBundle(path), (await bundle(FAILURE_CONVERTER, logger)).code);
}
