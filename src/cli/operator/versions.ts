/** `tollkeeper versions`: the worker's versions, and how long runs come onto the current one. */
import { moveToCurrentVersion, readWorkerVersions } from '../../temporal/runs/worker-versions';
import type { Move, WorkerVersions } from '../../temporal/runs/worker-versions';
import { asOperator, plainList, plainTable, print } from './operator';
import type { OutputOptions } from './operator';

export interface VersionsArguments extends OutputOptions {
  readonly move?: boolean;
  /** Seconds. */
  readonly wait: number;
}

type Shown = WorkerVersions & { readonly move?: Move };

export async function showVersions(options: VersionsArguments): Promise<void> {
  await asOperator(async ({ temporal, config }) => {
    const versions = await readWorkerVersions(temporal, config.TEMPORAL_DEPLOYMENT_NAME);
    if (!options.move) return print<Shown>(versions, versionsText, options);
    const move = await moveToCurrentVersion(temporal, versions, options.wait * 1000);
    const versionsNow = await readWorkerVersions(temporal, versions.deployment);
    print<Shown>({ ...versionsNow, move }, versionsText, options);
    if (move.left > 0) process.exitCode = 1;
  });
}

export function versionsText({ deployment, current, ramping, versions, move }: Shown): string {
  const roleOf = (build: string | null) =>
    build === current ? 'current' : build === ramping ? 'ramping' : '';
  const rows = versions.map(({ build, runs }) => [
    build ?? '(no version)',
    roleOf(build),
    String(runs),
  ]);
  const table = plainTable(['build', `of ${deployment}`, 'long runs'], rows, 2);
  if (!move) return table;
  const list = plainList([
    ['told to move', String(move.signalled)],
    ['still elsewhere', String(move.left)],
    ['among them', move.examples.join(', ')],
  ]);
  return `${table}\n${list}`;
}
