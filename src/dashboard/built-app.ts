/**
 * The built front end (`bin/build-dashboard.js`), read whole: what a page asks for is there as long
 * as the process that served it, whatever is built meanwhile.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface BuiltApp {
  readonly script: string;
  readonly styles: readonly string[];
  /** Their paths, such as assets/entry-B3xk.js, are the keys; a name changes with its content. */
  readonly files: ReadonlyMap<string, Buffer>;
}

/** dist/dashboard lies so from src/dashboard and from dist/src/dashboard. */
const PLACES = [join(__dirname, '../../dashboard'), join(__dirname, '../../dist/dashboard')];
const MANIFEST = join('.vite', 'manifest.json');
const ASSETS = 'assets';

interface ManifestEntry {
  readonly file: string;
  readonly isEntry?: boolean;
  readonly css?: readonly string[];
}

/** Throws when it is not built. */
export function readBuiltApp(): BuiltApp {
  const folder = PLACES.find((place) => existsSync(join(place, MANIFEST)));
  if (folder === undefined)
    throw new Error(
      `The dashboard is not built: there is no ${MANIFEST} in ${PLACES.join(' or ')}. ` +
        'Run npm run build.',
    );
  const text = readFileSync(join(folder, MANIFEST), 'utf8');
  const manifest = JSON.parse(text) as Record<string, ManifestEntry>;
  const entry = Object.values(manifest).find(({ isEntry }) => isEntry);
  if (!entry) throw new Error(`The dashboard's ${MANIFEST} has no entry: run npm run build.`);
  const names = readdirSync(join(folder, ASSETS)).map((name) => `${ASSETS}/${name}`);
  return {
    script: entry.file,
    styles: entry.css ?? [],
    files: new Map(names.map((name) => [name, readFileSync(join(folder, name))])),
  };
}
