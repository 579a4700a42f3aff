/** Builds programs that are Go modules, where there is Go. */
import { copyFile, chmod, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runBuild } from './build-command';
import type { Progress } from './cache';
import type { DevEnvironment } from './environment';
import { findProgram } from './search-path';

const SUFFIX = process.platform === 'win32' ? '.exe' : '';

export interface GoPrograms {
  /** What is built, for the messages. */
  readonly what: string;
  /** Packages are those of one module and version, as `go install` takes them. */
  readonly packages: readonly string[];
  /** What to do where there is no Go. */
  readonly otherwise: string;
}

/** Leaves the programs in the folder, each under the last name of its package. */
export async function installByGo(
  environment: DevEnvironment,
  progress: Progress,
  { what, packages, otherwise }: GoPrograms,
  folder: string,
): Promise<void> {
  const go = await findProgram(['go'], environment.searchPath);
  if (!go) throw new Error(otherwise);
  await mkdir(folder, { recursive: true });
  await runBuild(
    {
      what,
      command: go,
      args: ['install', ...packages],
      env: { ...environment.inherited, GOBIN: folder, GOFLAGS: '-mod=mod', CGO_ENABLED: '0' },
    },
    progress,
  );
}

/** The same of one program, at a path of its own. */
export async function installOneByGo(
  environment: DevEnvironment,
  progress: Progress,
  programs: GoPrograms & { readonly name: string },
  target: string,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'tollkeeper-go-'));
  try {
    await installByGo(environment, progress, programs, folder);
    await moveFile(join(folder, `${programs.name}${SUFFIX}`), target);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** `rename` alone fails between file systems. */
async function moveFile(source: string, destination: string): Promise<void> {
  await rename(source, destination).catch(async () => {
    await copyFile(source, destination);
    await chmod(destination, 0o755);
  });
}
