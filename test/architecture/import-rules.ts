/** Which way imports may point, that no permission and no file is one too many. */
import type { ImportEdge } from './imports';
import { importsOf } from './imports';
import type { SourceFile } from './source-file';
import { isTypeScript } from './source-file';

type ImportTable = Readonly<Record<string, readonly string[]>>;

/**
 * What each layer may import. `type:` is for types only; `dynamic:` for `import()`, and for types.
 * The layer of a file is the longest name here that its path begins with.
 */
export const MAY_IMPORT: ImportTable = {
  'src/core': ['src/core'],
  'src/db': ['src/db', 'src/core'],
  // Spans: OpenTelemetry's API for whoever does something, its SDK where the process begins.
  'src/traces': ['src/traces'],
  'src/traces/start-traces': ['src/traces'],
  'src/stripe': ['src/stripe', 'src/core', 'src/traces'],
  // Ledger, workflow and Stripe side by side: for the audit in workers and for commands.
  'src/drift': ['src/drift', 'src/core', 'src/db', 'src/stripe', 'workflows/contract'],
  'src/notify': ['src/notify', 'src/core', 'src/db'],
  'src/ingest': ['src/ingest', 'src/core', 'src/db', 'src/traces', 'workflows/contract'],
  // The connection, and whatever of ours speaks to Temporal as a client.
  'src/temporal': [
    ...['src/temporal', 'src/core', 'src/db', 'src/ingest', 'src/drift', 'src/traces'],
    ...['workflows/contract', 'type:workflows', 'type:activities', 'type:src/config'],
  ],
  'src/metrics': [
    ...['src/metrics', 'src/core', 'src/db', 'src/temporal', 'workflows/contract'],
    ...['type:src/config', 'type:src/ingest', 'type:src/stripe', 'type:workflows'],
  ],
  // Whoever has such a link may follow it.
  'src/links': ['src/links', 'src/core'],
  'src/api': [
    ...['src/api', 'src/core', 'src/db', 'src/stripe', 'src/ingest', 'src/dashboard', 'src/links'],
    ...['src/api/proxy', 'src/metrics', 'src/traces', 'type:src/temporal'],
    // One reader of usage, for what is sent to us as for what is metered.
    ...['conclude-usage', 'find-usage', 'read-usage', 'stream-estimate', 'told-counts'].map(
      (file) => `src/sdk/${file}`,
    ),
    'src/sdk/usage-details',
  ],
  // What meters calls of models by fetch in an app (the SDK) meters them on their way through.
  'src/api/proxy': [
    ...['src/api/proxy', 'src/api', 'src/core', 'src/db', 'src/ingest', 'src/traces'],
    ...['answer-kind', 'call-usage', 'find-usage', 'headers', 'json-member', 'metered-call'].map(
      (file) => `src/sdk/${file}`,
    ),
    ...['metered-event', 'pace', 'read-usage', 'record-metered'].map((file) => `src/sdk/${file}`),
    ...['tollkeeper-error', 'usage-api', 'usage-filter', 'usage-recorder'].map(
      (file) => `src/sdk/${file}`,
    ),
    'type:src/metrics',
  ],
  // Rendering only: what is shown is handed to it.
  'src/dashboard': ['src/dashboard', 'src/core', 'type:src/react/data'],
  // Runs in browsers: of ours only what the server hands it, as types, and the pages' colours.
  'src/dashboard/app': [
    ...['src/dashboard/app', 'type:src/dashboard', 'src/dashboard/dashboard.css'],
    'src/dashboard/address',
    // What our page does as an app's components do.
    'src/react/data',
  ],
  // What an app's components ask and answer, without React.
  'src/react/data': ['src/react/data'],
  'src/react': ['src/react', 'src/react/data'],
  // What an app installs: nothing of the server, no package but an app's own `openai`, as types.
  'src/sdk': ['src/sdk'],
  'src/dev': ['src/dev'],
  workflows: ['workflows', 'src/core', 'type:activities'],
  activities: ['activities', 'src/core', 'src/db', 'src/stripe'],
  'src/demo': [...['src/demo', 'src/core', 'src/db', 'src/stripe']],
  // The configuration: whatever reads it is above.
  src: ['src'],
  // What API and worker are made of. The worker knows nothing of the API.
  'src/processes': [
    ...['src/processes', 'src', 'src/core', 'src/db', 'src/stripe', 'src/notify', 'src/ingest'],
    ...['src/temporal', 'src/metrics', 'src/links', 'src/drift'],
    ...['workflows', 'activities'],
    // Loaded only where traces are sent.
    'dynamic:src/traces/start-traces',
  ],
  'src/processes/api': [...['src/processes', 'src/api', 'src/db', 'src/stripe', 'src/temporal']],
  // It takes usage, and loads nothing that is for anything else.
  'src/processes/usage-api': [
    ...['src/processes', 'src/api', 'src/core', 'src/db', 'src/metrics', 'src/stripe', 'type:src'],
  ],
  'src/cli': [
    ...['src/cli', 'src', 'src/core', 'src/db', 'src/stripe', 'src/ingest'],
    ...['src/processes', 'src/processes/api', 'src/temporal', 'src/api', 'src/demo', 'src/drift'],
    ...['workflows/contract', 'dynamic:src/dev', 'dynamic:bench'],
    'dynamic:src/processes/usage-api',
    // A command sends usage as apps do.
    'src/sdk/usage-api',
  ],
  bench: ['*'],
  test: ['*'],
};

function layerOf(path: string): string {
  const name = path.replace(/\.tsx?$/, '');
  const layers = Object.keys(MAY_IMPORT).filter(
    (layer) => name === layer || name.startsWith(`${layer}/`),
  );
  return layers.sort((a, b) => b.length - a.length)[0] ?? path;
}

export function forbiddenImports(files: readonly SourceFile[]): string[] {
  return files.flatMap(importsOf).flatMap((edge) => (isAllowed(edge) ? [] : [describe(edge)]));
}

/** Allowed by the table, and used by no import: it would let one in that nobody has thought of. */
export function needlessPermissions(
  files: readonly SourceFile[],
  table: ImportTable = MAY_IMPORT,
): string[] {
  const edges = files.flatMap(importsOf).filter(({ isOurs }) => isOurs);
  return Object.entries(table).flatMap(([layer, allowed]) =>
    allowed
      .filter((permission) => permission !== '*')
      .filter((permission) => !edges.some((edge) => isUse(edge, layer, permission)))
      .map((permission) => `${layer} may import ${permission}, and does not`),
  );
}

function isUse({ from, to, kind }: ImportEdge, layer: string, permission: string): boolean {
  const [, prefix = '', target = ''] = /^(type:|dynamic:)?(.*)$/.exec(permission) ?? [];
  if (layerOf(from) !== layer || ![layerOf(to), to].includes(target)) return false;
  return prefix === '' || `${kind}:` === prefix;
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
  if (layer === 'src/react/data') return false;
  if (layer === 'src/react') return to === 'react';
  if (layer === 'src/dashboard/app') return /^(preact(\/hooks)?|chart\.js)$/.test(to);
  return true;
}

const describe = ({ from, to, kind }: ImportEdge) =>
  `${from} may not import ${to}${kind === 'value' ? '' : ` (${kind})`}`;

/** Nobody imports these: programs, or what a runner finds by name. */
const ENTRY_POINTS = [
  /^src\/cli\/tollkeeper\.ts$/,
  /^workflows\/(index|trace-header)\.ts$/,
  /^src\/(react|sdk)\/index\.ts$/,
  /^src\/dashboard\/app\/entry\.tsx$/,
  /\.test\.ts$/,
  // Run by hand when a version is released, to record its histories.
  /^test\/replay\/((payout-)?recording|released-recordings)\.ts$/,
  // Run by hand on the recordings of a test run.
  /^test\/conformance\/validate\.ts$/,
  // Run by `npm run docs`.
  /^test\/docs\/write\.ts$/,
  // Named in `jest.mock` only, which takes a path.
  /^test\/life\/(stand-ins|workflow-module)\.ts$/,
  // Run as a process of its own, to be killed.
  /^test\/support\/(calls\/proxy-run|imports\/sandbox-run|stack\/traced-process)\.ts$/,
  /^test\/support\/global-(setup|teardown)\.ts$/,
  /^bench\/((abuse|archive|away|chaos|growth|latency|ledger|sandbox)\/)?run\.ts$/,
];

/** Each file is imported by another, or is where something begins. */
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
