/** What words may be: a comment has a subject and a verb, and a variable's name is a noun. */
import ts from 'typescript';
import { commentsOf } from './comment-rules';
import type { SourceFile } from './source-file';
import { isTypeScript } from './source-file';

/** Folders whose words were gone through; the rules hold in these. */
const FOLDERS: readonly string[] = ['src', 'workflows', 'activities'];

export const isGoneThrough = ({ path }: SourceFile): boolean =>
  FOLDERS.some((folder) => path.startsWith(`${folder}/`));

const PREPOSITIONS = [
  ...['After', 'As', 'At', 'Before', 'Beside', 'Between', 'Beyond', 'By', 'For', 'From', 'In'],
  ...['On', 'Than', 'Through', 'To', 'Towards', 'Under', 'Until', 'With', 'Within', 'Without'],
];
const OPENS_WITH_PREPOSITION = new RegExp(`^(?:${PREPOSITIONS.join('|')})(?! (?:least|most)\\b) `);
/** A dot within a name, as in `index.ts`, ends nothing. */
const FIRST_CLAUSE = /^(?:[^.:;]|[.:;](?!\s|$))*/;

/** "By rate." says nothing of whom: a comma has to come, and behind it a subject with its verb. */
export const fragments = (file: SourceFile): string[] =>
  commentsOf(file)
    .filter(({ text }) => OPENS_WITH_PREPOSITION.test(text))
    .filter(({ text }) => !FIRST_CLAUSE.exec(text)?.[0].includes(','))
    .map(({ line, text }) => `${file.path}:${line} has no subject: ${text}`);

/** What was done to a thing, where it is or how it compares, but not what it is. */
const NO_NOUNS: ReadonlySet<string> = new Set([
  ...['accepted', 'asked', 'begun', 'booked', 'found', 'given', 'kept', 'known', 'left', 'listed'],
  ...['made', 'meant', 'moved', 'noted', 'queued', 'read', 'recovered', 'refused', 'rejected'],
  ...['said', 'seen', 'sold', 'taken', 'told', 'waiting', 'wanted'],
  ...['after', 'before', 'earlier', 'here', 'there', 'where', 'which', 'why'],
]);

export function namesThatAreNoNouns(file: SourceFile): string[] {
  if (!isTypeScript(file)) return [];
  const tree = ts.createSourceFile(file.path, file.text, ts.ScriptTarget.ES2022, true);
  const faults: string[] = [];
  const visit = (node: ts.Node): void => {
    if (namesSomething(node) && ts.isIdentifier(node.name) && NO_NOUNS.has(node.name.text)) {
      const line = tree.getLineAndCharacterOfPosition(node.getStart(tree)).line + 1;
      faults.push(`${file.path}:${line} names a variable "${node.name.text}", which is no noun`);
    }
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return faults;
}

/** A field that keeps its name, as in `const { sold } = state`, was named elsewhere. */
function namesSomething(node: ts.Node): node is ts.Node & { readonly name: ts.BindingName } {
  if (ts.isBindingElement(node))
    return ts.isArrayBindingPattern(node.parent) || node.propertyName !== undefined;
  return (ts.isVariableDeclaration(node) || ts.isParameter(node)) && !acts(node);
}

/** What acts is a verb. */
const acts = ({ type, initializer }: ts.VariableDeclaration | ts.ParameterDeclaration): boolean =>
  (type !== undefined && ts.isFunctionTypeNode(type)) ||
  (initializer !== undefined && ts.isFunctionLike(initializer));
