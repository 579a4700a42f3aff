/** Goal: a mutant that no test notices has a reason on record, which is of today’s code. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

interface Explained {
  readonly file: string;
  readonly reason: string;
  readonly mutants: readonly string[];
}
interface Mutant {
  readonly mutatorName: string;
  readonly replacement: string;
  readonly status: string;
  readonly location: Record<'start' | 'end', { readonly line: number; readonly column: number }>;
}
interface Report {
  readonly files: Record<string, { readonly source: string; readonly mutants: Mutant[] }>;
}
type Named = Pick<Explained, 'file'> & { readonly name: string };

const { CUT, explanations, outdated, unexplained } = jest.requireActual<{
  readonly CUT: string;
  explanations(root: string): Explained[];
  outdated(report: Report, explained: readonly Explained[]): Named[];
  unexplained(report: Report, explained: readonly Explained[]): Named[];
}>('../../../bin/search/mutation-survivors');

const root = join(__dirname, '..', '..', '..');
const onRecord = explanations(root);

describe('each survivor on record', () => {
  const textOf = (file: string) => readFileSync(join(root, file), 'utf8').replace(/\s+/g, ' ');

  /** Whether the text is there; of one that is cut, whether its ends follow each other. */
  const isThere = (text: string, original: string): boolean =>
    original.split(CUT).reduce((from, part) => {
      const at = from < 0 ? -1 : text.indexOf(part, from);
      return at < 0 ? -1 : at + part.length;
    }, 0) >= 0;

  test('is of code that is there still', () => {
    const gone = onRecord.flatMap(({ file, mutants }) => {
      if (!file.startsWith('src/core/') || !existsSync(join(root, file))) return [file];
      const text = textOf(file);
      return mutants.filter((name) => {
        const [, original = ''] = /^[A-Z]\w+: (.+) → .*$/.exec(name) ?? [];
        return original === '' || !isThere(text, original);
      });
    });
    expect(gone).toEqual([]);
  });

  test('has a sentence for its reason', () => {
    const odd = onRecord.filter(
      ({ reason, mutants }) => mutants.length === 0 || !/^\S.{15,}\.$/.test(reason),
    );
    expect(odd).toEqual([]);
  });
});

describe('what a search finds', () => {
  const FILE = 'src/core/a.ts';
  const mutant = (status: string, line: number, replacement = 'a > b'): Mutant => ({
    ...{ mutatorName: 'EqualityOperator', replacement, status },
    location: { start: { line, column: 8 }, end: { line, column: 13 } },
  });
  const report = (...mutants: Mutant[]): Report => ({
    files: { [FILE]: { source: 'return a < b;\nreturn a < b;\n', mutants } },
  });
  const NAME = 'EqualityOperator: a < b → a > b';
  const listed = (...mutants: string[]): Explained[] => [
    { file: FILE, reason: 'It is so.', mutants },
  ];

  test('and no test notices is told, unless it is explained', () => {
    const found = report(mutant('Survived', 1), mutant('Killed', 2));
    expect(unexplained(found, [])).toEqual([{ file: FILE, name: NAME }]);
    expect(unexplained(found, listed(NAME))).toEqual([]);
  });

  test('is explained wherever its line has moved', () => {
    expect(unexplained(report(mutant('NoCoverage', 2)), listed(NAME))).toEqual([]);
  });

  test('twice is explained twice', () => {
    const found = report(mutant('Survived', 1), mutant('Survived', 2));
    expect(unexplained(found, listed(NAME))).toHaveLength(1);
    expect(unexplained(found, listed(NAME, NAME))).toEqual([]);
  });

  test('is not explained by another break, nor by one of another file', () => {
    expect(unexplained(report(mutant('Survived', 1, 'a <= b')), listed(NAME))).toHaveLength(1);
    const other = [{ ...listed(NAME)[0], file: 'src/core/b.ts' }] as Explained[];
    expect(unexplained(report(mutant('Survived', 1)), other)).toHaveLength(1);
  });

  test('and a test notices by now needs no reason any more', () => {
    const found = report(mutant('Killed', 1), mutant('Survived', 2));
    expect(outdated(found, listed(NAME))).toEqual([]);
    expect(outdated(found, listed(NAME, NAME))).toEqual([{ file: FILE, name: NAME }]);
    expect(outdated({ files: {} }, listed(NAME))).toEqual([]);
  });
});
