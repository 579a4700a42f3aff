/** Another build of the worker is rolled out as the guide has it, while customers use. */
import { moveToCurrentVersion, readWorkerVersions } from '../../src/temporal/runs/worker-versions';
import { setCurrentBuild } from './current-build';
import { persist } from './persist';
import type { Stage } from './stage';

const PATIENCE_MS = 60_000;

/** Ends the process as an operator does, and waits until it is back. */
export async function restart(stage: Stage, name: string): Promise<void> {
  const pidOf = () => stage.processes().find((one) => one.name === name)?.pid;
  const before = pidOf();
  if (before === undefined) throw new Error(`${name} does not run`);
  process.kill(before, 'SIGTERM');
  await persist(`${name} is back`, async () => {
    const now = pidOf();
    if (now === undefined || now === before) throw new Error('not yet');
  });
}

/** The last worker of the build before stays until nothing runs there any more. */
export async function rollOut(stage: Stage): Promise<string> {
  const before = stage.build.name;
  stage.build.name = `drill-${Number(before.split('-')[1]) + 1}`;
  const [last, ...others] = stage.processes().filter(({ name }) => name.startsWith('worker-'));
  for (const { name } of others) await restart(stage, name);
  await setCurrentBuild(stage.info, stage.build.name);
  const left = await persist('long runs have moved', async () => {
    const versions = await readWorkerVersions(stage.temporal, 'tollkeeper');
    return (await moveToCurrentVersion(stage.temporal, versions, PATIENCE_MS)).left;
  });
  if (last) await restart(stage, last.name);
  for (const { name } of stage.processes().filter((one) => one.name.startsWith('api-')))
    await restart(stage, name);
  return `${before} → ${stage.build.name}, ${left} runs left behind`;
}
