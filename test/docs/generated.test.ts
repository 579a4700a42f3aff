/** Goal: what a document has from the code is what the code says today. */
import { MAY_IMPORT } from '../architecture/import-rules';
import { readText } from './documents';
import { GENERATED, withMade } from './generated';
import { allCommands } from './made/commands';

test.each(GENERATED.map((each) => [each.path, each] as const))(
  '%s is up to date, or else `npm run docs` brings it there',
  (path, { updated }) => {
    const text = readText(path);
    expect(text).toBe(updated(text));
  },
);

describe('a stale document', () => {
  const ROW: Readonly<Record<string, RegExp>> = {
    'docs/reference/commands.md': /^\| \[`npx tollkeeper keys revoke.*\n/m,
    'docs/reference/environment.md': /^\| `DATABASE_URL` .*\n/m,
    'docs/explain/architecture.md': /^\| `src\/core\/` .*\n/m,
    'docs/explain/decisions/README.md': /^\| 17 .*\n/m,
  };

  test.each(GENERATED.filter(({ path }) => path in ROW).map((each) => [each.path, each] as const))(
    '%s without one of its rows is found, and mended',
    (path, { updated }) => {
      const text = readText(path);
      const stale = text.replace(ROW[path] as RegExp, '');
      expect(stale).not.toBe(text);
      expect(updated(stale)).toBe(text);
    },
  );

  test('what people wrote around the marks stays; without marks it is no document to write', () => {
    const text = withMade(readText('docs/reference/environment.md'), 'made');
    expect(text).toContain('\n\nmade\n\n');
    expect(text.split('\n')[0]).toBe(readText('docs/reference/environment.md').split('\n')[0]);
    expect(() => withMade('# By hand\n', 'made')).toThrow('lacks the marks');
  });
});

test('every layer and every command has its row', () => {
  const imports = readText('docs/explain/architecture.md');
  expect(Object.keys(MAY_IMPORT).length).toBeGreaterThan(20);
  expect(imports.match(/^\| `[^|]+\|[^|]+\|[^|]*\|[^|]*\|$/gm)?.length).toBeGreaterThanOrEqual(
    Object.keys(MAY_IMPORT).length,
  );
  const commands = readText('docs/reference/commands.md');
  const names = allCommands().map(({ name }) => name);
  expect(names).toContain('catalog rollout');
  expect(names.filter((name) => !commands.includes(`\`npx tollkeeper ${name}`))).toEqual([]);
});
