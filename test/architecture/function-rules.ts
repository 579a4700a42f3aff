/** How long a function may be. */
import ts from 'typescript';
import type { SourceFile } from './source-file';
import { isTypeScript } from './source-file';

const LINES_MAX = 60;

/** Heads of a group of tests, not functions: what they hold is tests, each measured by itself. */
const GROUPS = /^describe\w*\b/;

export function longFunctions(file: SourceFile): string[] {
  if (!isTypeScript(file)) return [];
  const tree = ts.createSourceFile(file.path, file.text, ts.ScriptTarget.ES2022, true);
  const lineOf = (position: number): number => tree.getLineAndCharacterOfPosition(position).line;
  const faults: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node) && 'body' in node && node.body && !isGroup(node, tree)) {
      const first = lineOf(node.getStart(tree));
      const lines = lineOf(node.end) - first + 1;
      if (lines > LINES_MAX)
        faults.push(
          `${file.path}:${first + 1} ${nameOf(node, tree)} has ${lines} lines: ` +
            `${LINES_MAX} is the most`,
        );
    }
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return faults;
}

function isGroup({ parent }: ts.Node, tree: ts.SourceFile): boolean {
  return ts.isCallExpression(parent) && GROUPS.test(parent.expression.getText(tree));
}

function nameOf(node: ts.SignatureDeclaration, tree: ts.SourceFile): string {
  const { parent } = node;
  const named = node.name ?? (ts.isVariableDeclaration(parent) ? parent.name : undefined);
  return named?.getText(tree) ?? 'a function';
}
