/** Goal: the documents name only what exists, and name all of what an operator has to know. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { environmentSchema } from '../../src/config';
import { EXCEPTION_KINDS, resolutionsOf } from '../../src/core/state/exceptions';
import {
  anchorsOf,
  namedCommands,
  namedPaths,
  metricNames,
  readDocuments,
  readText,
  relativeLinks,
  ROOT,
} from './documents';
import { allCommands } from './made/commands';

const documents = readDocuments();
const commands = allCommands().map(({ name }) => name);
/** Or the group of some, or `help`, which the program has by itself. */
const isCommand = (words: readonly string[]): boolean =>
  words[0] === 'help' ||
  commands.some((name) => `${words.join(' ')} `.startsWith(`${name} `)) ||
  (words.length === 1 && commands.some((name) => name.startsWith(`${words[0]} `)));
const exists = (path: string) => existsSync(join(ROOT, path));

test('every relative link leads to a file, and to a heading in it', () => {
  const broken = documents.flatMap((document) =>
    relativeLinks(document)
      .filter(
        ({ target, anchor }) =>
          !exists(target) ||
          (anchor !== undefined && !anchorsOf(readText(target)).includes(anchor)),
      )
      .map(({ target, anchor }) => `${document.path}: ${target}${anchor ? `#${anchor}` : ''}`),
  );
  expect(broken).toEqual([]);
});

/** What a reader sees before something is unfolded. */
const unfolded = (text: string) => text.replace(/<details>.*?<\/details>\n/gs, '');

test('a document is short enough to be held in the head', () => {
  const made = ['CHANGELOG.md', 'docs/reference/api.md', 'docs/reference/commands.md'];
  const long = documents
    .filter(({ path }) => !made.includes(path))
    .map(({ path, text }) => ({ path, lines: unfolded(text).split('\n').length - 1 }))
    .filter(({ path, lines }) => lines > (path === 'README.md' ? 100 : 300));
  expect(long).toEqual([]);
});

test('every path that is named exists', () => {
  const missing = documents.flatMap((document) =>
    namedPaths(document)
      .filter((path) => !exists(path))
      .map((path) => `${document.path}: ${path}`),
  );
  expect(missing).toEqual([]);
});

test('every command that is named exists', () => {
  const { scripts } = JSON.parse(readText('package.json')) as { scripts: Record<string, string> };
  const unknown = documents.flatMap((document) => {
    const named = namedCommands(document);
    return [
      ...named.scripts.filter((script) => !(script in scripts)).map((script) => `npm ${script}`),
      ...named.tollkeeper
        .filter((words) => !isCommand(words))
        .map((words) => `tollkeeper ${words.join(' ')}`),
    ].map((command) => `${document.path}: ${command}`);
  });
  expect(unknown).toEqual([]);
});

test('a script of package.json that runs a tollkeeper command runs one that exists', () => {
  const { scripts } = JSON.parse(readText('package.json')) as { scripts: Record<string, string> };
  const unknown = Object.values(scripts).filter((script) => {
    const command = /^node bin\/tollkeeper\.js ([\w-]+)/.exec(script)?.[1];
    return command !== undefined && !isCommand([command]);
  });
  expect(unknown).toEqual([]);
});

test('.env.example has the variables of the configuration, all and no other', () => {
  const named = [...readText('.env.example').matchAll(/^#? ?([A-Z][A-Z0-9_]+)=/gm)].map(
    ([, name]) => name,
  );
  expect(named.sort()).toEqual(Object.keys(environmentSchema.shape).sort());
});

test('.env.example, with its secrets filled in, is a valid environment', () => {
  const lines = readText('.env.example').matchAll(/^([A-Z][A-Z0-9_]+)=(.*)$/gm);
  const values = Object.fromEntries([...lines].map(([, name, value]) => [name, value]));
  const present = Object.entries(values).filter(([, value]) => value !== '');
  expect(environmentSchema.safeParse(Object.fromEntries(present)).error).toBeUndefined();
});

describe('the table of invariants', () => {
  const table = readText('docs/explain/invariants.md');
  const rows = [...table.matchAll(/^\| (\d+) \|([^|]*)\|([^|]*)\|/gm)].filter(([row]) =>
    row.includes('.test.ts'),
  );

  test('has the twelve invariants, each with a test', () => {
    expect(rows.map(([, number]) => Number(number))).toEqual(
      Array.from({ length: 12 }, (_, index) => index + 1),
    );
  });

  test.each(rows.map(([, number, invariant, tests]) => ({ number, invariant, tests })))(
    'invariant $number names tests that exist',
    ({ tests }) => {
      const named = [...(tests as string).matchAll(/`([^`]+)`/g)].map(([, path]) => path as string);
      expect(named.filter((path) => !path.endsWith('.test.ts') || !exists(path))).toEqual([]);
    },
  );
});

describe('named where an operator looks for it', () => {
  const namesIn = (path: string, pattern: RegExp) =>
    [...readText(path).matchAll(pattern)].map(([, name]) => name as string);

  test.each([
    ['every metric', 'docs/reference/metrics.md', metricNames()],
    [
      'every search attribute',
      'docs/guides/operate/install.md',
      namesIn('src/temporal/connect.ts', /^ {2}([A-Z]\w+): [A-Z]+,$/gm),
    ],
    [
      'the API version of webhooks',
      'docs/guides/operate/install.md',
      namesIn('src/stripe/client.ts', /API_VERSION = '([^']+)'/g),
    ],
  ])('%s', (_what, path, names) => {
    const text = readText(path);
    expect(names.length).toBeGreaterThan(0);
    expect(names.filter((name) => !text.includes(`\`${name}\``))).toEqual([]);
  });
});

test.each(EXCEPTION_KINDS.map((kind) => [kind, resolutionsOf(kind)] as const))(
  'exceptions.md has a row for %s, with its resolutions, all and no other',
  (kind, resolutions) => {
    const table = readText('docs/guides/operate/exceptions.md').split('\n');
    const cells = table.find((line) => line.startsWith(`| \`${kind}\` |`))?.split(' | ') ?? [];
    const named = [...(cells.at(-1) ?? '').matchAll(/`(\w+)`/g)].map(([, name]) => name);
    expect(named.sort()).toEqual([...resolutions].sort());
  },
);

describe('each check finds its fault', () => {
  const document = (text: string) => ({ path: 'docs/page.md', text });

  test('a link to nowhere', () => {
    expect(
      relativeLinks(document('[a](../gone.md#part), [b](https://x.example), [c](#here)')),
    ).toEqual([
      { target: 'gone.md', anchor: 'part' },
      { target: 'docs/page.md', anchor: 'here' },
    ]);
    expect(anchorsOf('# What it does not\n## Follow one token, file by file')).toEqual([
      'what-it-does-not',
      'follow-one-token-file-by-file',
    ]);
  });

  test('a path, but no route, media type or made file', () => {
    const text =
      '`src/core/gone.ts` `workflows/` `gone.yaml` `/v1/usage` `application/problem+json` ' +
      '`.dev/stack.json` `ok`';
    expect(namedPaths(document(text))).toEqual(['src/core/gone.ts', 'workflows/', 'gone.yaml']);
  });

  test('commands, with the words that belong to them', () => {
    const text = '`npm run dev -- --reset` `npm start` `npx tollkeeper catalog push --x`';
    expect(namedCommands(document(text))).toEqual({
      scripts: ['dev', 'start'],
      tollkeeper: [['catalog', 'push']],
    });
  });
});
