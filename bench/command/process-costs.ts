/** Processor time and memory of processes, as Linux has them under /proc. */
import { readdir, readFile } from 'node:fs/promises';

const TICKS_PER_SECOND = 100;

export interface ProcessCosts<Name extends string> {
  /** Since they began. */
  readonly cpuSeconds: Readonly<Record<Name, number>>;
  readonly residentMegabytes: Readonly<Record<Name, number>>;
}

/** `postgres` stands for its server and every process that this has begun. */
export async function costsOfProcesses<Name extends string>(
  pids: Readonly<Record<Name, number>>,
): Promise<ProcessCosts<Name>> {
  const parents = await parentsOfAll();
  const all = await Promise.all(
    (Object.entries(pids) as [Name, number][]).map(async ([name, pid]) => {
      const isMany = name === 'postgres';
      const family = isMany ? [pid, ...childrenOf(pid, parents)] : [pid];
      const each = await Promise.all(family.map((one) => costsOfProcess(one, isMany)));
      const sumOf = (pick: (one: { cpu: number; megabytes: number }) => number) =>
        each.reduce((sum, one) => sum + pick(one), 0);
      return [name, sumOf(({ cpu }) => cpu), sumOf(({ megabytes }) => megabytes)] as const;
    }),
  );
  return {
    cpuSeconds: byName(all.map(([name, cpu]) => [name, cpu])),
    residentMegabytes: byName(all.map(([name, , megabytes]) => [name, megabytes])),
  };
}

const byName = <Name extends string>(
  entries: readonly (readonly [Name, number])[],
): Record<Name, number> => Object.fromEntries(entries) as Record<Name, number>;

async function parentsOfAll(): Promise<Map<number, number>> {
  const pids = (await readdir('/proc')).map(Number).filter((pid) => pid > 0);
  const found = await Promise.all(
    pids.map(async (pid) => [pid, (await statOf(pid)).parent] as const),
  );
  return new Map(found);
}

const childrenOf = (pid: number, parents: ReadonlyMap<number, number>): number[] =>
  [...parents].filter(([, parent]) => parent === pid).map(([child]) => child);

/** A process that has ended meanwhile costs nothing; its parent has what it cost. */
async function costsOfProcess(pid: number, ofShared: boolean) {
  const [{ own, ended }, status] = await Promise.all([
    statOf(pid),
    readFile(`/proc/${pid}/status`, 'utf8').catch(() => ''),
  ]);
  // What Postgres' processes share would be counted for each of them.
  const field = ofShared ? 'RssAnon' : 'VmRSS';
  const kilobytes = Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)?.[1] ?? 0);
  return { cpu: own + (ofShared ? ended : 0), megabytes: kilobytes / 1024 };
}

async function statOf(pid: number): Promise<{ parent: number; own: number; ended: number }> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // The name may have spaces and is in brackets; the state follows.
  const fields = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  const seconds = (first: number) =>
    ((fields[first] ?? 0) + (fields[first + 1] ?? 0)) / TICKS_PER_SECOND;
  return { parent: fields[1] ?? 0, own: seconds(11), ended: seconds(13) };
}
