/**
 * The programs that a Temporal cluster is made of: the server, the tool that makes its schema, and
 * the UI. Built once by Go, for nobody offers the first two as a download for all systems.
 */
import { mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { Progress } from '../../cache';
import { buildOnce, cacheFolder } from '../../cache';
import type { DevEnvironment } from '../../environment';
import { installByGo } from '../../go-install';

/** The server of the development server that `temporal` 1.5.1 contains, and the same UI. */
const SERVER_VERSION = 'v1.29.1';
const UI_VERSION = 'v2.42.1';
const SUFFIX = process.platform === 'win32' ? '.exe' : '';

const OTHERWISE =
  'A Temporal cluster is built with Go, which was not found: install it, or use `npm run dev`.';

const SERVER = {
  what: "Building Temporal's server and its schema tool",
  packages: ['cmd/server', 'cmd/tools/sql'].map(
    (name) => `go.temporal.io/server/${name}@${SERVER_VERSION}`,
  ),
  otherwise: OTHERWISE,
};

const UI = {
  what: "Building Temporal's UI",
  packages: [`github.com/temporalio/ui-server/v2/cmd/server@${UI_VERSION}`],
  otherwise: OTHERWISE,
};

export interface ClusterPrograms {
  readonly server: string;
  readonly sqlTool: string;
  readonly ui: string;
}

export async function findClusterPrograms(
  environment: DevEnvironment,
  progress: Progress,
): Promise<ClusterPrograms> {
  const home = join(cacheFolder(environment), `temporal-cluster-${SERVER_VERSION}-${UI_VERSION}`);
  await buildOnce(home, progress, async (part) => {
    progress('Temporal cluster: building it with Go once (2 to 5 minutes)');
    await mkdir(part, { recursive: true });
    // Both are called `server`.
    await installByGo(environment, progress, UI, part);
    await rename(join(part, `server${SUFFIX}`), join(part, `ui${SUFFIX}`));
    await installByGo(environment, progress, SERVER, part);
  });
  return {
    server: join(home, `server${SUFFIX}`),
    sqlTool: join(home, `sql${SUFFIX}`),
    ui: join(home, `ui${SUFFIX}`),
  };
}
