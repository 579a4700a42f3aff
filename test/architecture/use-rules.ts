/** Where the environment, the clock, chance, Stripe's client and waiting may be used. */
import ts from 'typescript';
import type { SourceFile } from './source-file';
import { isTypeScript } from './source-file';

const isTest = (path: string) => path.startsWith('test/');

/** Where billing runs wait, and end; and workflows that are one loop and end no run early. */
const WAITING = [
  'workflows/until.ts',
  'workflows/end-of-run.ts',
  'workflows/import-subscription.ts',
  'workflows/dunning.ts',
  'workflows/flush-before-cancel.ts',
  'workflows/payout.ts',
  'workflows/reconciliation.ts',
  'workflows/catalog-rollout.ts',
];

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
  {
    what: /\bcondition\b/,
    message: 'waits by condition: workflows/until.ts does, whose waits end when the run does',
    isAllowedIn: (path) => !path.startsWith('workflows/') || WAITING.includes(path),
  },
];

export function forbiddenUses(file: SourceFile): string[] {
  if (!isTypeScript(file)) return [];
  const code = withoutCommentsAndStrings(file);
  return PATTERNS.filter(({ what, isAllowedIn }) => what.test(code) && !isAllowedIn(file.path)).map(
    ({ message }) => `${file.path} ${message}`,
  );
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
