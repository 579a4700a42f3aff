/** The project's documents, and what they name: links, paths, commands. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';

export const ROOT = join(__dirname, '..', '..');

export interface Document {
  /** From the root, with slashes. */
  readonly path: string;
  readonly text: string;
}

export const readText = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

/** Those of the root, of `docs/`, and the sandbox's. */
export function readDocuments(): Document[] {
  const atRoot = readdirSync(ROOT).filter((name) => name.endsWith('.md'));
  const inDocs = readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .map((name) => posix.join('docs', name.replaceAll('\\', '/')))
    .filter((path) => path.endsWith('.md'));
  return [...atRoot, 'src/dev/stripe-sandbox/README.md', ...inDocs].map((path) => ({
    path,
    text: readText(path),
  }));
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

/** The anchor as GitHub makes it of a heading. */
export const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}_ -]/gu, '')
    .replaceAll(' ', '-');

export const anchorsOf = (text: string): string[] =>
  [...text.matchAll(/^#{1,6} (.+)$/gm)].map(([, heading]) => anchorOf(heading as string));

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

const METRICS = 'src/metrics';

/** The metrics of all processes. */
export const metricNames = (): string[] =>
  readdirSync(join(ROOT, METRICS)).flatMap((file) =>
    [...readText(`${METRICS}/${file}`).matchAll(/'(tollkeeper_\w+)'/g)].map(([, name]) =>
      String(name),
    ),
  );
