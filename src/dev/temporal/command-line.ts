/** Finds the `temporal` command-line program, which contains the development server. */
import { join } from 'node:path';
import type { Progress } from '../cache';
import { buildOnce, cacheFolder } from '../cache';
import type { DevEnvironment } from '../environment';
import { installOneByGo } from '../go-install';
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
  progress('Temporal: no download here, building it with Go once (2 to 5 minutes)');
  const programs = {
    what: 'Building Temporal',
    name: 'temporal',
    packages: [GO_PACKAGE],
    otherwise:
      'Temporal was not found and could not be downloaded: install the `temporal` command-line ' +
      'program or Go (it is then built), or set TEMPORAL_CLI or TEMPORAL_ADDRESS.',
  };
  await installOneByGo(environment, progress, programs, target);
}
