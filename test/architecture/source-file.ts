/** The files that the rules look at, as plain values. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';

export interface SourceFile {
  /** From the root, with slashes. */
  readonly path: string;
  readonly text: string;
}

const ROOT = join(__dirname, '..', '..');
const FOLDERS = ['src', 'workflows', 'activities', 'bench', 'test', 'bin', '.ci'];
const LONE_FILES = ['docker-compose.yml', 'Dockerfile', 'jest.config.js', 'package.json'];

export function readSources(): SourceFile[] {
  const paths = FOLDERS.flatMap((folder) => list(folder));
  return [...paths, ...LONE_FILES].map((path) => ({
    path,
    text: readFileSync(join(ROOT, path), 'utf8'),
  }));
}

/** Whatever a comment may name. */
export function readPaths(): ReadonlySet<string> {
  const lone = readdirSync(ROOT, { withFileTypes: true }).filter((entry) => entry.isFile());
  const files = [...FOLDERS, 'docs'].flatMap((folder) => list(folder));
  return new Set([...files, ...lone.map(({ name }) => name)]);
}

function list(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = posix.join(folder, entry.name);
    return entry.isDirectory() ? list(path) : [path];
  });
}

export const isTypeScript = ({ path }: SourceFile) => /\.tsx?$/.test(path);
