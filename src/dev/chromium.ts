/** Finds a Chromium for tests in a browser. */
import type { DevEnvironment } from './environment';
import { findProgram, isExecutable } from './search-path';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];

export interface Chromium {
  readonly path: string;
  readonly args: readonly string[];
}

/** CHROMIUM_PATH, PATH, the copy that npm installed: the first that there is. */
export async function findChromium({
  chromiumPath,
  searchPath,
}: DevEnvironment): Promise<Chromium> {
  if (chromiumPath) {
    if (await isExecutable(chromiumPath)) return { path: chromiumPath, args: [] };
    throw new Error(
      `CHROMIUM_PATH is ${chromiumPath}, but no program is there: correct it or unset it.`,
    );
  }
  const onPath = await findProgram(NAMES, searchPath);
  if (onPath) return { path: onPath, args: [] };
  try {
    // An ES module, and a big one: only loaded where it is needed.
    const { default: packaged } = await import('@sparticuz/chromium');
    return { path: await packaged.executablePath(), args: packaged.args };
  } catch (error) {
    throw new Error(
      'Chromium was not found: install it, or set CHROMIUM_PATH to its program ' +
        `(the copy from npm does not run here: ${String(error)}).`,
    );
  }
}
