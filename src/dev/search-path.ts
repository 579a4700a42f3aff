/** Finds a program on the PATH. */
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { join } from 'node:path';

const SUFFIXES = process.platform === 'win32' ? ['.exe', '.cmd', ''] : [''];

export async function findProgram(
  names: readonly string[],
  searchPath: readonly string[],
): Promise<string | undefined> {
  for (const name of names) {
    for (const folder of searchPath.filter(Boolean)) {
      for (const suffix of SUFFIXES) {
        const path = join(folder, name + suffix);
        if (await isExecutable(path)) return path;
      }
    }
  }
  return undefined;
}

export const isExecutable = (path: string): Promise<boolean> =>
  access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
