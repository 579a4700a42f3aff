/** The project's documents, and what they name: links, paths, commands. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';

export const ROOT = join(__dirname, '..', '..');

export interface Document {
  /** From the root, with slashes. */
  readonly path: string;
  readonly text: string;
}

const LONE_FILES = [
  'README.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'src/dev/stripe-sandbox/README.md',
];

export const readText = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

export function readDocuments(): Document[] {
  const inDocs = readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .map((name) => posix.join('docs', name.replaceAll('\\', '/')))
    .filter((path) => path.endsWith('.md'));
  return [...LONE_FILES, ...inDocs].map((path) => ({ path, text: readText(path) }));
}

/** Targets of relative links, from the root, with their anchor. */
export function relativeLinks({ path, text }: Document): { target: string; anchor?: string }[] {
  const targets = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target as string);
  return targets
    .filter((target) => !/^[a-z]+:/.test(target))
    .map((target) => {
      const [file = '', anchor] = target.split('#');
      const resolved = file === '' ? path : posix.join(posix.dirname(path), file);
      return { target: resolved, ...(anchor !== undefined && { anchor }) };
    });
}

/** Anchors as GitHub makes them of headings. */
export const anchorsOf = (text: string): string[] =>
  [...text.matchAll(/^#{1,6} (.+)$/gm)].map(([, heading]) =>
    (heading as string)
      .toLowerCase()
      .replace(/[^\p{L}\p{N}_ -]/gu, '')
      .replaceAll(' ', '-'),
  );

const FOLDERS = ['.ci', 'activities', 'bench', 'bin', 'docs', 'src', 'test', 'workflows'];
const FILE = /\.(ts|js|mjs|json|md|yaml|yml|sql)$/;
/** Made by running something. */
const MADE = /^(\.dev|dist|node_modules)\//;
const { dependencies, devDependencies } = JSON.parse(readText('package.json')) as Record<
  'dependencies' | 'devDependencies',
  Record<string, string>
>;
/** `decimal.js` is a package, not a file. */
const PACKAGES = Object.keys({ ...dependencies, ...devDependencies });

/** Paths in backticks: they begin with a folder of ours, or end like a file. */
export function namedPaths({ text }: Document): string[] {
  const quoted = [...text.matchAll(/`([^`\n]+)`/g)].map(([, code]) => code as string);
  return quoted.filter(
    (code) =>
      /^[\w.@-]+(\/[\w.@-]*)*$/.test(code) &&
      !MADE.test(code) &&
      !PACKAGES.includes(code) &&
      (FOLDERS.includes(code.split('/')[0] as string) ? code.includes('/') : FILE.test(code)),
  );
}

/** `npm run dev` is the script `dev`, `npx tollkeeper catalog push` the words `catalog`, `push`. */
export function namedCommands({ text }: Document) {
  const words = (pattern: RegExp) =>
    [...text.matchAll(pattern)].map(([, found]) => (found as string).trim().split(' '));
  return {
    scripts: [...words(/\bnpm run ([\w:-]+)/g), ...words(/\bnpm (start|test)\b/g)].flat(),
    tollkeeper: words(/\bnpx tollkeeper((?: [a-z][a-z-]*)+)/g),
  };
}

const METRIC_FILES = ['api/metrics', 'api/billing-metrics', 'stripe-metrics', 'worker-metrics'];

/** Of all processes. */
export const metricNames = (): string[] =>
  METRIC_FILES.flatMap((file) =>
    [...readText(`src/${file}.ts`).matchAll(/'(tollkeeper_\w+)'/g)].map(([, name]) => String(name)),
  );
