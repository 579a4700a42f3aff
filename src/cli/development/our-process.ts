/** Our own commands as children of the stack: the same program with another first argument. */
import { join } from 'node:path';
import type { RunningChild } from '../../dev/processes/child-process';
import type { OwnProcess, Stack } from '../../dev/stack';

const READY_LIMIT_MS = 90_000;

export async function startOurProcess(
  { name, command, env }: OwnProcess,
  stack: Pick<Stack, 'dir' | 'childEnvironment'>,
  onSpawn: (pid: number) => Promise<void>,
): Promise<RunningChild> {
  const { startChild, untilReady } = await import('../../dev/processes/child-process.js');
  const child = await startChild({
    command: process.execPath,
    args: [join(packageFolder(), 'bin', 'tollkeeper.js'), command],
    logFile: join(stack.dir, 'logs', `${name}.log`),
    env: { ...stack.childEnvironment, ...env },
    channel: true,
    onSpawn,
  });
  try {
    await untilReady(child, `The ${name}`, async () => child.isReady(), READY_LIMIT_MS);
  } catch (error) {
    await child.stop();
    throw error;
  }
  return child;
}

/** Both src/cli/development/ and dist/src/cli/development/ lie below it. */
function packageFolder(): string {
  const folder = join(__dirname, '..', '..', '..');
  return folder.endsWith('dist') ? join(folder, '..') : folder;
}
