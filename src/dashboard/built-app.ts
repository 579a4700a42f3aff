/** The built front end (`bin/build-dashboard.js`): where it is, and what the page loads of it. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface BuiltApp {
  readonly script: string;
  readonly styles: readonly string[];
}

/** dist/dashboard, seen from src/dashboard and from dist/src/dashboard. */
const PLACES = [join(__dirname, '../../dashboard'), join(__dirname, '../../dist/dashboard')];
const MANIFEST = join('.vite', 'manifest.json');

interface ManifestEntry {
  readonly file: string;
  readonly isEntry?: boolean;
  readonly css?: readonly string[];
}

/** Throws when it is not built. */
export function builtAppFolder(): string {
  const folder = PLACES.find((place) => existsSync(join(place, MANIFEST)));
  if (folder !== undefined) return folder;
  throw new Error(
    `The dashboard is not built: ${MANIFEST} is in none of ${PLACES.join(', ')}. Run npm run build.`,
  );
}

export function readBuiltApp(): BuiltApp {
  const text = readFileSync(join(builtAppFolder(), MANIFEST), 'utf8');
  const manifest = JSON.parse(text) as Record<string, ManifestEntry>;
  const entry = Object.values(manifest).find(({ isEntry }) => isEntry);
  if (!entry) throw new Error(`The dashboard's ${MANIFEST} has no entry: run npm run build.`);
  return { script: entry.file, styles: entry.css ?? [] };
}
