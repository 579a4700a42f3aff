/** Which way imports may point (design.md §4), and that no file is left over. */
import type { ImportEdge } from './imports';
import { importsOf } from './imports';
import type { SourceFile } from './source-file';
import { isTypeScript } from './source-file';

/**
 * What each layer may import. `type:` is for types only; `dynamic:` for `import()`, and for types.
 * The layer of a file is the longest name here that its path begins with.
 */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  'src/core': ['src/core'],
  'src/db': ['src/db', 'src/core'],
  // Spans: OpenTelemetry's API for whoever does something, its SDK where the process begins.
  'src/traces': ['src/traces', 'type:workflows/trace-header'],
  'src/traces/start-traces': ['src/traces'],
  'src/stripe': ['src/stripe', 'src/core', 'src/traces'],
  'src/notify': ['src/notify', 'src/core', 'src/db'],
  'src/ingest': ['src/ingest', 'src/core', 'src/db', 'src/traces', 'workflows/contract'],
  'src/api': [
    ...['src/api', 'src/core', 'src/db', 'src/stripe', 'src/ingest', 'src/dashboard'],
    ...['src/api/openai-proxy', 'src/traces', 'workflows/contract'],
  ],
  // Of the SDK, what meters calls of models by fetch in an app meters them on their way through.
  'src/api/openai-proxy': [
    ...['src/api/openai-proxy', 'src/api', 'src/core', 'src/db', 'src/ingest', 'src/traces'],
    ...['call-usage', 'meter-openai', 'metered-call', 'metered-event', 'record-metered'].map(
      (file) => `src/sdk/${file}`,
    ),
    ...['tollkeeper-error', 'usage-api', 'usage-filter', 'usage-recorder'].map(
      (file) => `src/sdk/${file}`,
    ),
  ],
  // Rendering only: what is shown is handed to it.
  'src/dashboard': ['src/dashboard', 'src/core'],
  // Runs in browsers: of ours only what the server hands it, as types, and the pages' colours.
  'src/dashboard/app': ['src/dashboard/app', 'type:src/dashboard', 'src/dashboard/dashboard.css'],
  // What an app installs: nothing of the server, no package but an app's own `openai`, as types.
  'src/sdk': ['src/sdk'],
  'src/dev': ['src/dev'],
  workflows: ['workflows', 'src/core', 'type:activities'],
  activities: ['activities', 'src/core', 'src/db', 'src/stripe', 'src/notify'],
  'src/demo': [
    'src/demo',
    'src/core',
    'src/db',
    'src/stripe',
    'workflows/contract',
    'src/temporal',
  ],
  // The entry, the configuration and the composition roots.
  src: [
    ...['src', 'src/core', 'src/db', 'src/stripe', 'src/notify', 'src/ingest', 'src/api'],
    ...['workflows', 'activities', 'dynamic:src/cli', 'src/traces'],
    // Loaded only where traces are sent.
    'dynamic:src/traces/start-traces',
  ],
  'src/cli': [
    ...['src/cli', 'src', 'src/core', 'src/db', 'src/stripe', 'src/notify', 'src/ingest'],
    ...['src/api', 'src/demo', 'workflows/contract', 'dynamic:src/dev', 'dynamic:bench'],
    // A command sends usage as apps do.
    'src/sdk/usage-api',
  ],
  bench: ['*'],
  test: ['*'],
};

/** Nobody imports these: programs, or what a runner finds by name. */
const ENTRY_POINTS = [
  /^src\/cli\.ts$/,
  /^workflows\/(index|trace-header)\.ts$/,
  /^src\/sdk\/index\.ts$/,
  /^src\/dashboard\/app\/entry\.tsx$/,
  /\.test\.ts$/,
  // Run by hand when a version is released, to record its histories.
  /^test\/replay\/(payout-)?recording\.ts$/,
  // Run by hand on the recordings of a test run.
  /^test\/conformance\/validate\.ts$/,
  // Named in `jest.mock` only, which takes a path.
  /^test\/life\/(stand-ins|workflow-module)\.ts$/,
  // Run as a process of its own, to be killed.
  /^test\/support\/(sdk-app-run|traced-process)\.ts$/,
  /^test\/support\/global-(setup|teardown)\.ts$/,
  /^bench\/run\.ts$/,
];

const layerOf = (path: string): string =>
  Object.keys(MAY_IMPORT)
    .filter((layer) => path === layer || path.startsWith(`${layer}/`))
    .sort((a, b) => b.length - a.length)[0] ?? path;

export function forbiddenImports(files: readonly SourceFile[]): string[] {
  return files.flatMap(importsOf).flatMap((edge) => (isAllowed(edge) ? [] : [describe(edge)]));
}

function isAllowed({ from, to, isOurs, kind }: ImportEdge): boolean {
  const layer = layerOf(from);
  if (!isOurs) return isAllowedPackage(layer, from, to, kind);
  const allowed = MAY_IMPORT[layer] ?? [];
  const isNamed = (prefix: string) =>
    allowed.includes(prefix + layerOf(to)) || allowed.includes(prefix + to);
  if (allowed.includes('*') || isNamed('')) return true;
  if (kind === 'type') return isNamed('type:') || isNamed('dynamic:');
  return kind === 'dynamic' && isNamed('dynamic:');
}

function isAllowedPackage(layer: string, from: string, to: string, kind: string): boolean {
  if (layer === 'src/core') return to === 'decimal.js' && from === 'src/core/money.ts';
  if (layer === 'src/sdk') return to.startsWith('node:') || (to === 'openai' && kind === 'type');
  if (layer === 'src/dashboard/app') return /^(preact(\/hooks)?|chart\.js)$/.test(to);
  return true;
}

const describe = ({ from, to, kind }: ImportEdge) =>
  `${from} may not import ${to}${kind === 'value' ? '' : ` (${kind})`}`;

export function unusedFiles(files: readonly SourceFile[]): string[] {
  const imported = new Set(files.flatMap(importsOf).map(({ to }) => to));
  return files
    .filter(isTypeScript)
    .map(({ path }) => path)
    .filter((path) => !ENTRY_POINTS.some((entry) => entry.test(path)))
    .filter((path) => {
      const module = path.replace(/\.tsx?$/, '');
      return !imported.has(module) && !imported.has(module.replace(/\/index$/, ''));
    })
    .map((path) => `${path} is imported by no file`);
}
