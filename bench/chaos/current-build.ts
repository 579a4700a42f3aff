/** Says which build of the worker new runs begin on. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { StackInfo } from '../../src/cli/development/development';
import { readDevEnvironment } from '../../src/dev/environment';
import { findTemporalCli } from '../../src/dev/temporal/command-line';
import { persist } from './persist';

type Address = Pick<StackInfo, 'temporalAddress' | 'temporalNamespace'>;

/** By Temporal's own command, again until the build is known there: its workers poll soon. */
export async function setCurrentBuild(address: Address, build: string): Promise<void> {
  const cli = await findTemporalCli(readDevEnvironment(), () => undefined);
  const args = [
    ...['worker', 'deployment', 'set-current-version', '--yes', '--deployment-name', 'tollkeeper'],
    ...['--build-id', build, '--address', address.temporalAddress],
    ...['--namespace', address.temporalNamespace],
  ];
  await persist(`the build ${build} is current`, () => promisify(execFile)(cli, args));
}
