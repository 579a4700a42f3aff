/**
 * The customer's page as browsers load it: src/dashboard/app → dist/dashboard, by Vite. Whoever
 * runs from the sources builds it once, and again when one of them has changed.
 */
const { createHash } = require('node:crypto');
const {
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} = require('node:fs');
const { join } = require('node:path');

const root = join(__dirname, '..');
const folder = join(root, 'dist', 'dashboard');
const stamp = join(folder, 'sources.sha256');

async function buildDashboardIfStale() {
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === hashOfSources()) return;
  await buildDashboard();
}

async function buildDashboard() {
  const hash = hashOfSources();
  // Whole or not at all: another process may be serving what is there.
  const fresh = `${folder}.${process.pid}`;
  const { build } = await import('vite');
  await build({
    configFile: false,
    root: join(root, 'src', 'dashboard', 'app'),
    // Below whatever path a proxy puts before it.
    base: './',
    logLevel: 'warn',
    esbuild: { jsx: 'automatic', jsxImportSource: 'preact' },
    build: {
      outDir: fresh,
      emptyOutDir: true,
      manifest: true,
      // Nothing inline: the page's policy forbids it.
      assetsInlineLimit: 0,
      modulePreload: false,
      rollupOptions: { input: join(root, 'src', 'dashboard', 'app', 'entry.tsx') },
    },
  });
  writeFileSync(join(fresh, 'sources.sha256'), hash);
  rmSync(folder, { recursive: true, force: true });
  renameSync(fresh, folder);
}

/** Hash of every file that it is made of, and of the versions of the packages. */
function hashOfSources() {
  const hash = createHash('sha256');
  const sources = join(root, 'src', 'dashboard');
  const files = readdirSync(sources, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
  for (const file of [...files.sort(), join(root, 'package.json'), __filename])
    hash.update(file.slice(root.length)).update(readFileSync(file));
  return hash.digest('hex');
}

module.exports = { buildDashboard, buildDashboardIfStale };

if (require.main === module) void buildDashboardIfStale();
