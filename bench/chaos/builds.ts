/** Another build of the worker is rolled out as the guide has it, while customers use. */
import { moveToCurrentVersion, readWorkerVersions } from '../../src/temporal/runs/worker-versions';
import { setCurrentBuild } from './current-build';
import { persist } from './persist';
import type { Stage } from './stage';

const PATIENCE_MS = 30_000;

/** Ends the process as an operator does, and waits until it is back. */
export async function restart(stage: Stage, name: string): Promise<void> {
  const pidOf = () => stage.processes().find((one) => one.name === name)?.pid;
  let before: number | undefined;
  // It may be away just now, for another fault.
  await persist(`${name} is told to end`, async () => {
    before = pidOf();
    if (before === undefined) throw new Error(`${name} does not run`);
    process.kill(before, 'SIGTERM');
  });
  await persist(`${name} is back`, async () => {
    const now = pidOf();
    if (now === undefined || now === before) throw new Error('not yet');
  });
}

/** Short runs do not move: they end where they began, and the guide has an operator wait for it. */
async function drained({ temporal, build }: Stage): Promise<void> {
  const version = 'TemporalWorkerDeploymentVersion';
  const others = `(${version} is null or ${version} not in ('tollkeeper:${build.name}'))`;
  const { count } = await temporal.workflow.count(`ExecutionStatus = 'Running' and ${others}`);
  if (count > 0) throw new Error(`${count} runs are elsewhere`);
}

/**
 * The last worker of the build before stays until nothing runs there any more; whatever else is
 * killed meanwhile comes back with the build that it had.
 */
export async function rollOut(stage: Stage): Promise<string> {
  const { build } = stage;
  const before = build.name;
  const workers = stage.processes().flatMap(({ name }) => (/^worker-/.test(name) ? [name] : []));
  const buildOf = (worker: string) => build.of.get(worker) ?? before;
  const last = workers.find((worker) => buildOf(worker) !== before) ?? workers[0];
  for (const worker of workers) build.of.set(worker, buildOf(worker));
  build.name = `drill-${Number(before.split('-')[1]) + 1}`;
  const renew = async (worker: string) => {
    build.of.set(worker, build.name);
    await restart(stage, worker);
  };
  for (const worker of workers) if (worker !== last) await renew(worker);
  await setCurrentBuild(stage.info, build.name);
  await persist('long runs have moved', async () => {
    const versions = await readWorkerVersions(stage.temporal, 'tollkeeper');
    const { left } = await moveToCurrentVersion(stage.temporal, versions, PATIENCE_MS);
    if (left > 0) throw new Error(`${left} are left behind`);
  });
  await persist('nothing runs on another build', () => drained(stage));
  if (last) await renew(last);
  for (const { name } of stage.processes().filter((one) => one.name.startsWith('api-')))
    await restart(stage, name);
  return `${before} → ${build.name}`;
}
