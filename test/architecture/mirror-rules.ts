/** Where a test lies: in the folder of what it tests, so that a rule leads to its test by path. */
import { posix } from 'node:path';

/** Folders of test that mirror no source: what they test is the whole product, or not in src. */
const OF_THEIR_OWN = [
  ...['architecture', 'bench', 'browser', 'config', 'conformance', 'docs', 'journey', 'life'],
  ...['providers', 'replay', 'support'],
];
/** Layers beside src. */
const BESIDE_SRC = ['workflows', 'activities', 'bin'];

const TEST = /^(test\/.*?)([^/]+?)(\.stack)?\.test\.ts$/;

export function misplacedTests(paths: readonly string[]): string[] {
  const sources = paths.filter((path) => !path.startsWith('test/'));
  return paths.flatMap((path) => {
    const [, folder = '', name = ''] = TEST.exec(path) ?? [];
    const layer = folder.split('/')[1] ?? '';
    if (name === '' || OF_THEIR_OWN.includes(layer)) return [];
    const mirrored = sourceOf(folder);
    if (!sources.some((source) => source.startsWith(mirrored))) {
      return [`${path} lies where no folder ${mirrored} is`];
    }
    const named = sources.filter(
      (source) => source.startsWith(sourceOf(`test/${layer}/`)) && nameOf(source) === name,
    );
    if (named.length === 0 || named.some((source) => folderOf(source) === mirrored)) return [];
    return [`${path} is named after ${named.join(', ')} and lies elsewhere`];
  });
}

function sourceOf(testFolder: string): string {
  const path = testFolder.replace(/^test\//, '');
  return BESIDE_SRC.some((layer) => path.startsWith(`${layer}/`)) ? path : `src/${path}`;
}

const folderOf = (path: string) => `${posix.dirname(path)}/`;
const nameOf = (path: string) => posix.basename(path).replace(/\.tsx?$/, '');

/** `taken`: the tests that each of jest's projects runs. */
export function notRunOnce(
  paths: readonly string[],
  taken: Readonly<Record<string, readonly string[]>>,
): string[] {
  return paths
    .filter((path) => path.endsWith('.test.ts'))
    .flatMap((path) => {
      const projects = Object.keys(taken).filter((project) => taken[project]?.includes(path));
      if (projects.length === 1) return [];
      return [`${path} is run by ${projects.length === 0 ? 'no project' : projects.join(' and ')}`];
    });
}
