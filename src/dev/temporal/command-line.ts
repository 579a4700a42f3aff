/** Finds the `temporal` command-line program, which contains the development server. */
import { mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runBuild } from '../build-command';
import type { Progress } from '../cache';
import { buildOnce, cacheFolder } from '../cache';
import type { DevEnvironment } from '../environment';
import { findProgram, isExecutable } from '../search-path';
import { downloadBySdk } from './sdk-download';

const GO_PACKAGE = 'github.com/temporalio/cli/cmd/temporal@v1.5.1';
const SUFFIX = process.platform === 'win32' ? '.exe' : '';

/** TEMPORAL_CLI, PATH, cache, the SDK's download, a build by Go: the first that there is. */
export async function findTemporalCli(
  environment: DevEnvironment,
  progress: Progress,
): Promise<string> {
  const { temporalCli, searchPath } = environment;
  if (temporalCli) {
    if (await isExecutable(temporalCli)) return temporalCli;
    throw new Error(
      `TEMPORAL_CLI is ${temporalCli}, but no program is there: correct it or unset it.`,
    );
  }
  const onPath = await findProgram(['temporal'], searchPath);
  if (onPath) return onPath;
  const cachedPath = join(cacheFolder(environment), 'bin', `temporal${SUFFIX}`);
  return buildOnce(cachedPath, progress, async (partPath) => {
    progress('Temporal: trying the download');
    if (await downloadBySdk('createLocal', partPath)) return;
    await buildByGo(environment, progress, partPath);
  });
}

async function buildByGo(environment: DevEnvironment, progress: Progress, target: string) {
  const go = await findProgram(['go'], environment.searchPath);
  if (!go) {
    throw new Error(
      'Temporal was not found and could not be downloaded: install the `temporal` command-line ' +
        'program or Go (it is then built), or set TEMPORAL_CLI or TEMPORAL_ADDRESS.',
    );
  }
  progress('Temporal: no download here, building it with Go once (2 to 5 minutes)');
  const folder = await mkdtemp(join(tmpdir(), 'tollkeeper-go-'));
  try {
    await runBuild(
      {
        what: 'Building Temporal',
        command: go,
        args: ['install', GO_PACKAGE],
        env: { ...environment.inherited, GOBIN: folder, GOFLAGS: '-mod=mod', CGO_ENABLED: '0' },
      },
      progress,
    );
    await moveFile(join(folder, `temporal${SUFFIX}`), target);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** `rename` alone fails between file systems. */
async function moveFile(source: string, destination: string): Promise<void> {
  const { copyFile, chmod } = await import('node:fs/promises');
  await rename(source, destination).catch(async () => {
    await copyFile(source, destination);
    await chmod(destination, 0o755);
  });
}
