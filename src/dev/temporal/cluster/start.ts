/**
 * Temporal as it runs in production: a process for each host of each service, their data in
 * Postgres. Any of them may be killed, and the others go on.
 */
import { connect } from 'node:net';
import { join } from 'node:path';
import { freePorts } from '../../free-port';
import { startGateway } from '../../network/gateway';
import { startChild, untilReady } from '../../processes/child-process';
import { supervise } from '../../processes/supervisor';
import type { StackContext } from '../../stack-context';
import { writeConfiguration, writeUiConfiguration } from './configuration';
import type { DatabaseAccess, ServiceName, ServicePorts, TemporalHosts } from './configuration';
import { registerNamespace } from './namespace';
import { findClusterPrograms } from './programs';
import { ensureSchema } from './schema';

const HOST = '127.0.0.1';
const READY_LIMIT_MS = 60_000;
/** Asked to end, a host first waits for others to take over; what it keeps is in Postgres. */
const STOP_GRACE_MS = 2_000;

export interface TemporalCluster {
  /** The address of all frontends together. */
  readonly address: string;
  readonly uiUrl: string;
}

interface Host {
  readonly name: string;
  readonly service: ServiceName;
  readonly ports: ServicePorts;
}

/** The database's access is the one that the hosts use; the schema's is that of Postgres itself. */
export async function startTemporalCluster(
  context: StackContext,
  hosts: TemporalHosts,
  { database, owner }: { readonly database: DatabaseAccess; readonly owner: DatabaseAccess },
): Promise<TemporalCluster> {
  const { dir, environment, ports, progress, stops } = context;
  const programs = await findClusterPrograms(environment, progress);
  await ensureSchema(programs.sqlTool, owner, progress);
  const address = `${HOST}:${ports.temporal}`;
  const all = await hostsOf(hosts);
  const frontends = all.filter(({ service }) => service === 'frontend');
  const health = new Map(frontends.map(({ ports: own }) => [own.grpc, own.http]));
  const gateway = await startGateway({
    port: ports.temporal,
    targetPorts: [...health.keys()],
    healthUrl: (port) => `http://${HOST}:${health.get(port)}/api/v1/system-info`,
  });
  stops.push(gateway.close);
  progress(`Starting Temporal: ${all.map(({ name }) => name).join(', ')}`);
  const first = Object.fromEntries(
    [...all].reverse().map(({ service, ports: own }) => [service, own]),
  ) as Record<ServiceName, ServicePorts>;
  const begin = async ({ name, service, ports: own }: Host) => {
    const configuration = { service, ports: { ...first, [service]: own } };
    const shared = { frontendAddress: address, database };
    const folder = join(dir, 'temporal', name);
    const args = await writeConfiguration(folder, { ...configuration, ...shared });
    await run(context, { name, command: programs.server, args, port: portOf(service, own) });
  };
  const [founder, ...others] = all;
  // The very first writes what the cluster is called, which only one may do.
  if (founder) await begin(founder);
  const starts = await Promise.allSettled(others.map(begin));
  for (const start of starts) if (start.status === 'rejected') throw start.reason;
  await registerNamespace(address, environment.temporalNamespace);
  const ui = { port: ports.temporalUi, frontendAddress: address };
  const args = await writeUiConfiguration(join(dir, 'temporal', 'ui'), ui);
  await run(context, { name: 'temporal-ui', command: programs.ui, args, port: ui.port });
  return { address, uiUrl: `http://${HOST}:${ui.port}` };
}

/** The service `worker` asks and is asked nothing: it only tells others that it is there. */
const portOf = (service: ServiceName, { grpc, membership }: ServicePorts): number =>
  service === 'worker' ? membership : grpc;

async function hostsOf(hosts: TemporalHosts): Promise<Host[]> {
  const names = Object.entries(hosts).flatMap(([service, count]) =>
    Array.from({ length: count }, (_, index) => ({
      name: `temporal-${service}-${index + 1}`,
      service: service as ServiceName,
    })),
  );
  const free = await freePorts(names.length * 3);
  const port = () => Number(free.pop());
  return names.map(({ name, service }) => ({
    ...{ name, service },
    ports: {
      ...{ grpc: port(), membership: port() },
      ...(service === 'frontend' && { http: port() }),
    },
  }));
}

interface Program {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** It is ready when it listens there. */
  readonly port: number;
}

async function run(context: StackContext, { name, command, args, port }: Program): Promise<void> {
  const { dir, environment, listening, records, progress, stops } = context;
  listening.set(name, port);
  const start = async (onSpawn: (pid: number) => Promise<void>) => {
    const child = await startChild({
      ...{ command, args, onSpawn },
      env: environment.inherited,
      logFile: join(dir, 'logs', `${name}.log`),
      stopGraceMs: STOP_GRACE_MS,
    });
    await untilReady(child, name, () => isListening(port), READY_LIMIT_MS).catch(async (error) => {
      await child.stop();
      throw error;
    });
    return child;
  };
  stops.push((await supervise({ name, start }, records, progress)).stop);
}

const isListening = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ port, host: HOST });
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
    socket.once('close', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
