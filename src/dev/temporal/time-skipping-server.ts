/**
 * Finds Temporal's time-skipping test server: the SDK's download, or the Java one behind a script.
 */
import { chmod, mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runBuild } from '../build-command';
import type { Progress } from '../cache';
import { buildOnce, cacheFolder, exists } from '../cache';
import type { DevEnvironment } from '../environment';
import { findProgram, isExecutable } from '../search-path';
import { downloadBySdk } from './sdk-download';

const VERSION = '1.31.0';
/** Keeps the server from printing that it has no logger. */
const SLF4J_VERSION = '2.0.16';

export async function findTimeSkippingServer(
  environment: DevEnvironment,
  progress: Progress,
): Promise<string> {
  const { timeSkippingServer } = environment;
  if (timeSkippingServer) {
    if (await isExecutable(timeSkippingServer)) return timeSkippingServer;
    throw new Error(
      `TEMPORAL_TEST_SERVER is ${timeSkippingServer}, but no program is there: correct or unset it.`,
    );
  }
  const folder = join(cacheFolder(environment), `temporal-test-server-${VERSION}`);
  await buildOnce(folder, progress, async (partFolder) => {
    await mkdir(partFolder, { recursive: true });
    progress('Time-skipping server: trying the download');
    if (await downloadBySdk('createTimeSkipping', join(partFolder, 'server'))) return;
    await assembleByMaven(environment, progress, partFolder);
  });
  return join(folder, 'server');
}

async function assembleByMaven(environment: DevEnvironment, progress: Progress, folder: string) {
  const { searchPath, inherited } = environment;
  const maven = await findProgram(['mvn'], searchPath);
  const java = await findProgram(['java'], searchPath);
  if (!maven || !java) {
    throw new Error(
      'The time-skipping test server was not found and could not be downloaded: install Java and ' +
        'Maven (it is then fetched), or set TEMPORAL_TEST_SERVER to its program.',
    );
  }
  progress('Time-skipping server: no download here, fetching its jars with Maven once');
  await writeFile(join(folder, 'pom.xml'), pom());
  await runBuild(
    {
      what: 'Fetching the time-skipping server',
      command: maven,
      args: ['-q', '-B', 'dependency:copy-dependencies', '-DoutputDirectory=lib'],
      cwd: folder,
      env: inherited,
    },
    progress,
  );
  if (!(await exists(join(folder, 'lib')))) throw new Error('Maven copied no jars.');
  await writeServerScript(folder, java);
}

/** `exec`: the SDK ends the server by killing the process that it started. */
async function writeServerScript(folder: string, java: string): Promise<void> {
  const script = [
    '#!/bin/sh',
    'lib="$(dirname "$0")/lib"',
    `exec "${java}" -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xshare:auto \\`,
    '  -cp "$lib/*" io.temporal.testserver.TestServer "$@"',
    '',
  ].join('\n');
  const file = join(folder, 'server.new');
  await writeFile(file, script);
  await chmod(file, 0o755);
  await rename(file, join(folder, 'server'));
}

const dependency = (group: string, artifact: string, version: string) =>
  `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId>` +
  `<version>${version}</version></dependency>`;

const pom = () => `<project>
  <modelVersion>4.0.0</modelVersion>
  <groupId>tollkeeper</groupId>
  <artifactId>time-skipping-server</artifactId>
  <version>1</version>
  <dependencies>
    ${dependency('io.temporal', 'temporal-test-server', VERSION)}
    ${dependency('org.slf4j', 'slf4j-nop', SLF4J_VERSION)}
  </dependencies>
</project>
`;
