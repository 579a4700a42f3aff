/** Rules about one file at a time: where something may be used, how long, how named. */
import { basename } from 'node:path';
import ts from 'typescript';
import type { SourceFile } from './source-file';
import { isTypeScript } from './source-file';

const LINES_MAX = 250;
const COLUMNS_MAX = 100;
/** A line with a text in it that can't be broken well (a test's name, a message) may be longer. */
const COLUMNS_MAX_WITH_TEXT = 125;
const BANNED_NAMES = ['utils', 'helpers', 'types', 'common', 'main', 'lib', 'service', 'shared'];

/** The rules' own examples must not break the rules. */
const isRule = (path: string) => path.startsWith('test/architecture/');
const isTest = (path: string) => path.startsWith('test/');

interface Pattern {
  readonly what: RegExp;
  readonly message: string;
  readonly isAllowedIn: (path: string) => boolean;
}

/** The sandbox shares no code with us, so it has a reader of its own. */
const ENVIRONMENT_READERS = [
  'src/config.ts',
  'src/dev/environment.ts',
  'src/dev/stripe-sandbox/environment.ts',
];

const PATTERNS: readonly Pattern[] = [
  {
    what: /\bprocess\s*(\.\s*env\b|\[)/,
    message: 'reads process.env, which only src/config.ts (and environment.ts in src/dev) does',
    isAllowedIn: (path) => ENVIRONMENT_READERS.includes(path) || isTest(path),
  },
  {
    what: /\bDate\.now\b|\bnew Date\(\s*\)|\bMath\.random\b|\bset(Timeout|Interval|Immediate)\b/,
    message: 'uses a clock, chance or a timer in src/core',
    isAllowedIn: (path) => !path.startsWith('src/core/'),
  },
  {
    what: /\bnew Stripe\s*\(/,
    message: 'makes its own Stripe client: only src/stripe/client.ts does',
    isAllowedIn: (path) => path === 'src/stripe/client.ts' || isTest(path),
  },
];

/** Unfinished work, and names of package hosts, in any file, comments included. */
const UNFINISHED = new RegExp(`\\b(${['TO' + 'DO', 'FIX' + 'ME'].join('|')})\\b`);
const REGISTRY = new RegExp(
  [
    String.raw`registry\.(npmjs|yarnpkg)\.`,
    String.raw`\bproxy\.golang\.org`,
    String.raw`\brepo1?\.maven`,
    String.raw`\bpypi\.org`,
    String.raw`\btemporal\.download`,
  ].join('|'),
);

export function forbiddenUses(file: SourceFile): string[] {
  if (!isTypeScript(file)) return [];
  const code = withoutCommentsAndStrings(file);
  return PATTERNS.filter(({ what, isAllowedIn }) => what.test(code) && !isAllowedIn(file.path)).map(
    ({ message }) => `${file.path} ${message}`,
  );
}

export function untidiness({ path, text }: SourceFile): string[] {
  const faults: string[] = [];
  const lines = text.trimEnd().split('\n');
  const isCode = /\.(tsx?|js)$/.test(path);
  if (isCode && lines.length > LINES_MAX) {
    faults.push(`${path} has ${lines.length} lines: ${LINES_MAX} is the most`);
  }
  lines.forEach((line, index) => {
    const { length } = [...line];
    const hasText = /^[^/*]*(['"`]).{20,}/.test(line);
    const most = hasText ? COLUMNS_MAX_WITH_TEXT : COLUMNS_MAX;
    if (isCode && length > most) {
      faults.push(`${path}:${index + 1} has ${length} columns: ${most} is the most`);
    }
  });
  const name = basename(path).replace(/\.[^.]+$/, '');
  if (BANNED_NAMES.includes(name)) faults.push(`${path} has a name that says nothing`);
  if (isCode && !/^[a-z0-9]+([-.][a-z0-9]+)*$/.test(name)) {
    faults.push(`${path} is not named in kebab-case`);
  }
  if (!isRule(path) && UNFINISHED.test(text)) faults.push(`${path} is marked as unfinished`);
  if (!isRule(path) && REGISTRY.test(text)) faults.push(`${path} names the host of a registry`);
  if (isTypeScript({ path, text }) && !/^(#!.*\n)?\/(\*\*|\/)/.test(text)) {
    faults.push(`${path} does not begin with a comment that says what it owns`);
  }
  return faults;
}

/** Only real code: a rule must not be broken by a sentence about it. */
function withoutCommentsAndStrings({ path, text }: SourceFile): string {
  const tree = ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true);
  const parts: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteralLike(node) || ts.isTemplateHead(node)) return;
    if (node.getChildCount(tree) > 0) node.getChildren(tree).forEach(visit);
    else if (!ts.isJSDoc(node)) parts.push(node.getText(tree));
  };
  visit(tree);
  // Tokens without the space between them, except where two words would become one.
  return parts.join(' ').replace(/ ?([.()[\]]) ?/g, '$1');
}
