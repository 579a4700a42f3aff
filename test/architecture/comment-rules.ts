/** What comments may say: they have a subject, and name only files that are there. */
import { posix } from 'node:path';
import ts from 'typescript';
import type { SourceFile } from './source-file';

/** "Of one process: each is a connection" begins in the middle: of what, the code must say. */
export const halfSentences = (file: SourceFile): string[] =>
  (/\bOf\b/.test(file.text) ? commentsOf(file) : [])
    .filter(({ text }) => /^Of\b/.test(text))
    .map(({ line, text }) => `${file.path}:${line} begins with "Of": ${text}`);

/** A path of ours, or one of our texts by its name alone. Packages have names like `chart.js`. */
const NAMED = new RegExp(
  [
    String.raw`(?<![\w./@*{$-])(?:`,
    String.raw`(?:src|workflows|activities|test|bench|docs|bin)\/[\w./-]*\w|`,
    String.raw`(?:[\w-][\w.-]*\/)*[\w-][\w.-]*\.(?:tsx?|md|sql)`,
    String.raw`)(?![\w*{])`,
  ].join(''),
  'g',
);
const OF_OTHERS = /\.d\.ts$|^(node_modules|dist|assets)\//;

export function deadReferences(file: SourceFile, paths: ReadonlySet<string>): string[] {
  const deadIn = (text: string) =>
    [...text.matchAll(NAMED)]
      .map(([name]) => name)
      .filter((name) => !OF_OTHERS.test(name) && !isThere(name, file.path, paths));
  // Most files name nothing at all, and finding comments is what takes the time.
  if (deadIn(file.text).length === 0) return [];
  return commentsOf(file).flatMap(({ line, text }) =>
    deadIn(text).map((name) => `${file.path}:${line} names ${name}, which is not there`),
  );
}

function isThere(name: string, from: string, paths: ReadonlySet<string>): boolean {
  const beside = posix.join(posix.dirname(from), name);
  return [...paths].some(
    (path) =>
      path === name ||
      path === beside ||
      path.endsWith(`/${name}`) ||
      path.startsWith(`${name.replace(/\/$/, '')}/`) ||
      path.replace(/\.tsx?$/, '') === name,
  );
}

interface Comment {
  readonly line: number;
  readonly text: string;
}

/** A comment of one line goes on in the next if that is one, too. */
interface Found extends Comment {
  readonly isOfOneLine: boolean;
}

export function commentsOf({ path, text }: SourceFile): Comment[] {
  if (/\.(tsx?|js)$/.test(path)) return joined(scriptComments(path, text));
  const mark = path.endsWith('.sql') ? '--' : /(\.ya?ml|Dockerfile)$/.test(path) ? '#' : undefined;
  if (mark === undefined) return [];
  const found = text.split('\n').flatMap((line, index) => {
    const [, words] = new RegExp(`(?:^|\\s)${mark} (.*)`).exec(line) ?? [];
    return words === undefined ? [] : [{ line: index + 1, text: words, isOfOneLine: true }];
  });
  return joined(found);
}

function scriptComments(path: string, text: string): Found[] {
  const tree = ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true);
  const found = new Map<number, Found>();
  const add = ({ pos, end, kind }: ts.CommentRange) => {
    const line = tree.getLineAndCharacterOfPosition(pos).line + 1;
    const isOfOneLine = kind === ts.SyntaxKind.SingleLineCommentTrivia;
    found.set(pos, { line, text: withoutMarks(text.slice(pos, end)), isOfOneLine });
  };
  const visit = (node: ts.Node): void => {
    const isDoc = node.kind >= ts.SyntaxKind.FirstJSDocNode;
    if (isDoc && node.kind <= ts.SyntaxKind.LastJSDocNode) return;
    if (node.getChildCount(tree) > 0) return node.getChildren(tree).forEach(visit);
    if (node.kind === ts.SyntaxKind.JsxText) return;
    ts.getLeadingCommentRanges(text, node.pos)?.forEach(add);
    ts.getTrailingCommentRanges(text, node.end)?.forEach(add);
  };
  visit(tree);
  return [...found.values()].sort((a, b) => a.line - b.line);
}

const withoutMarks = (comment: string): string =>
  comment
    .replace(/^\/\*+|\*+\/$|^\/\//g, '')
    .replace(/\n\s*\*? ?/g, ' ')
    .trim();

function joined(comments: readonly Found[]): Comment[] {
  const result: Comment[] = [];
  let next = 0;
  for (const { line, text, isOfOneLine } of comments) {
    const before = result.at(-1);
    if (before && isOfOneLine && line === next)
      result[result.length - 1] = { ...before, text: `${before.text} ${text}` };
    else result.push({ line, text });
    next = isOfOneLine ? line + 1 : 0;
  }
  return result;
}
