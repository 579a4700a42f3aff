/** Small JSON files below .dev/, written whole or not at all. */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Secrets are in some of them. */
const OWNER_ONLY = 0o600;

export async function writeJson(file: string, content: unknown): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const partFile = `${file}.${process.pid}.part`;
  await writeFile(partFile, `${JSON.stringify(content, null, 2)}\n`, { mode: OWNER_ONLY });
  await rename(partFile, file);
}

/** Undefined when there is no such file, or none that can be read. */
export async function readJson<T>(file: string): Promise<Partial<T> | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Partial<T>;
  } catch {
    return undefined;
  }
}
