/** The code blocks of the documents that people follow, in the order in which they are run. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';

const ROOT = join(__dirname, '..', '..', '..');

export interface DocumentBlock {
  /** From the root, and which block of its language: `README.md sh 1`. */
  readonly name: string;
  readonly path: string;
  readonly language: string;
  readonly code: string;
}

/** Made of the API's own document; its requests are examples of that. */
const API_REFERENCE = 'docs/reference/api.md';

const isTutorial = (path: string): boolean => path.startsWith('docs/tutorial/');

function pathsInDocs(): string[] {
  const paths = readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => posix.join('docs', name.replaceAll('\\', '/')))
    .filter((path) => path !== API_REFERENCE)
    .sort();
  return [...paths.filter(isTutorial), ...paths.filter((path) => !isTutorial(path))];
}

/** The README first: it starts what the others talk to. */
export function documentBlocks(): DocumentBlock[] {
  const paths = [
    'README.md',
    ...pathsInDocs(),
    'src/dev/stripe-sandbox/README.md',
    'CONTRIBUTING.md',
  ];
  return paths.flatMap((path) => {
    const text = readFileSync(join(ROOT, path), 'utf8');
    const counts = new Map<string, number>();
    return [...text.matchAll(/^ *```(\w*)\n(.*?)^ *```$/gms)].map(([, name, code]) => {
      const language = name || 'text';
      const number = (counts.get(language) ?? 0) + 1;
      counts.set(language, number);
      return { name: `${path} ${language} ${number}`, path, language, code: code as string };
    });
  });
}
