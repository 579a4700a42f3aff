/** Who may import whom, from the rules that the architecture test keeps. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { MAY_IMPORT } from '../../architecture/import-rules';
import { ROOT } from '../documents';
import { code, table } from './table';

const isOwn = (layer: string) => (name: string) => name === layer;

export const importsText = (): string =>
  table(
    ['from', 'may import', 'as types only', 'by `import()` only'],
    Object.entries(MAY_IMPORT).map(([layer, allowed]) => [
      pathOf(layer),
      namesOf(allowed, '', layer),
      namesOf(allowed, 'type:', layer),
      namesOf(allowed, 'dynamic:', layer),
    ]),
  );

function namesOf(allowed: readonly string[], kind: string, layer: string): string {
  if (allowed.includes(`${kind}*`)) return 'anything';
  const names = allowed
    .filter((name) => (kind === '' ? !name.includes(':') : name.startsWith(kind)))
    .map((name) => name.slice(kind.length));
  const isSelf = isOwn(layer);
  return [
    ...(names.some(isSelf) ? ['itself'] : []),
    ...names.filter((name) => !isSelf(name)).map(pathOf),
  ].join(', ');
}

/** A layer is a folder, a file without its ending, or what lies directly in `src/`. */
function pathOf(layer: string): string {
  if (layer === 'src') return filesIn('src').map(code).join(', ');
  const file = ['', '.ts', '.tsx', '.js']
    .map((ending) => layer + ending)
    .find((path) => isFile(path));
  return code(file ?? `${layer}/`);
}

const isFile = (path: string): boolean => /\.\w+$/.test(path) && existsSync(join(ROOT, path));

const filesIn = (folder: string): string[] =>
  readdirSync(join(ROOT, folder), { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => `${folder}/${name}`);
