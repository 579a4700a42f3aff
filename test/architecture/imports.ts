/** Who imports whom, read by TypeScript's own parser: static, type-only and dynamic imports. */
import { posix } from 'node:path';
import ts from 'typescript';
import type { SourceFile } from './source-file';
import { isTypeScript } from './source-file';

export interface ImportEdge {
  readonly from: string;
  /** A path without extension for our own files, the name for packages. */
  readonly to: string;
  readonly isOurs: boolean;
  readonly kind: 'value' | 'type' | 'dynamic';
}

/** Several rules ask for the same; parsing is what takes the time. */
const known = new WeakMap<SourceFile, readonly ImportEdge[]>();

export function importsOf(file: SourceFile): readonly ImportEdge[] {
  const edges = known.get(file) ?? (isTypeScript(file) ? parse(file) : []);
  known.set(file, edges);
  return edges;
}

function parse(file: SourceFile): ImportEdge[] {
  const tree = ts.createSourceFile(file.path, file.text, ts.ScriptTarget.ES2022, true);
  const edges: ImportEdge[] = [];
  const add = (specifier: ts.Node | undefined, kind: ImportEdge['kind']) => {
    if (!specifier || !ts.isStringLiteralLike(specifier)) return;
    edges.push({ from: file.path, ...target(file.path, specifier.text), kind });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) {
      add(node.moduleSpecifier, node.importClause?.isTypeOnly ? 'type' : 'value');
    } else if (ts.isExportDeclaration(node)) {
      add(node.moduleSpecifier, node.isTypeOnly ? 'type' : 'value');
    } else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      add(node.argument.literal, 'type');
    } else if (ts.isCallExpression(node)) {
      if (node.expression.kind === ts.SyntaxKind.ImportKeyword) add(node.arguments[0], 'dynamic');
      // `require` and `require.resolve` of our own files count as much.
      else if (/^require(\.resolve)?$/.test(node.expression.getText(tree))) {
        add(node.arguments[0], 'value');
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return edges;
}

function target(from: string, specifier: string): Pick<ImportEdge, 'to' | 'isOurs'> {
  if (!specifier.startsWith('.')) return { to: specifier, isOurs: false };
  const path = posix.join(posix.dirname(from), specifier);
  return { to: path.replace(/\.(js|tsx?)$/, ''), isOurs: true };
}
