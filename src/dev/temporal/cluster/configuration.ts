/** What each process of a Temporal cluster is told, as the server reads it: YAML in a folder. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { DYNAMIC_CONFIG } from '../server';

const HOST = '127.0.0.1';
/** It can never be changed for data that there are. Production has 512 and more. */
const HISTORY_SHARDS = 8;
/** The file's name: the server looks for one named after its environment. */
const ENVIRONMENT = 'cluster';
const OWNER_ONLY = 0o600;

export type ServiceName = 'frontend' | 'history' | 'matching' | 'worker';

/** How many hosts of each service there are. */
export type TemporalHosts = Readonly<Record<ServiceName, number>>;

/** Connections to Postgres of one process: of its tables, and of those for searching. */
const CONNECTIONS: Readonly<Record<ServiceName, readonly [number, number]>> = {
  frontend: [4, 3],
  history: [12, 4],
  matching: [8, 1],
  worker: [3, 1],
};

export interface ServicePorts {
  readonly grpc: number;
  readonly membership: number;
  /** Only a frontend has one. */
  readonly http?: number;
}

export interface ServiceConfiguration {
  readonly service: ServiceName;
  /** Its own; of the other services those of any host, for the server wants all to be named. */
  readonly ports: Readonly<Record<ServiceName, ServicePorts>>;
  /** Where clients are let in: the address of all frontends. */
  readonly frontendAddress: string;
  readonly database: DatabaseAccess;
}

export interface DatabaseAccess {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
}

export const DATABASES = { tables: 'temporal', visibility: 'temporal_visibility' } as const;

/** Writes it, and answers the arguments with which the server finds it. */
export async function writeConfiguration(
  folder: string,
  configuration: ServiceConfiguration,
): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  const dynamicFile = join(folder, 'dynamic.yaml');
  const file = join(folder, `${ENVIRONMENT}.yaml`);
  const content = stringify(contentOf(configuration, dynamicFile));
  await writeFile(file, content, { mode: OWNER_ONLY });
  await writeFile(dynamicFile, stringify(dynamicContent()));
  return [
    ...['--root', folder, '--config', '.', '--env', ENVIRONMENT, '--allow-no-auth'],
    ...['start', '--service', configuration.service],
  ];
}

function contentOf(configuration: ServiceConfiguration, dynamicFile: string) {
  const { service, ports, frontendAddress, database } = configuration;
  const [tables, visibility] = CONNECTIONS[service];
  return {
    log: { stdout: true, level: 'warn' },
    persistence: {
      ...{ defaultStore: 'tables', visibilityStore: 'visibility' },
      numHistoryShards: HISTORY_SHARDS,
      datastores: {
        tables: store(database, DATABASES.tables, tables),
        visibility: store(database, DATABASES.visibility, visibility),
      },
    },
    global: { membership: { maxJoinDuration: '30s', broadcastAddress: HOST } },
    services: Object.fromEntries(
      Object.entries(ports).map(([name, own]) => [name, { rpc: listener(own) }]),
    ),
    clusterMetadata: {
      ...{ enableGlobalNamespace: false, failoverVersionIncrement: 10 },
      ...{ masterClusterName: 'active', currentClusterName: 'active' },
      clusterInformation: {
        active: {
          ...{ enabled: true, initialFailoverVersion: 1 },
          ...{ rpcName: 'frontend', rpcAddress: frontendAddress },
        },
      },
    },
    publicClient: { hostPort: frontendAddress },
    dcRedirectionPolicy: { policy: 'noop' },
    dynamicConfigClient: { filepath: dynamicFile, pollInterval: '60s' },
  };
}

const listener = ({ grpc, membership, http }: ServicePorts) => ({
  ...{ grpcPort: grpc, membershipPort: membership, bindOnLocalHost: true },
  ...(http !== undefined && { httpPort: http }),
});

const store = ({ host, port, user, password }: DatabaseAccess, database: string, most: number) => ({
  sql: {
    ...{ pluginName: 'postgres12', databaseName: database, connectProtocol: 'tcp' },
    ...{ connectAddr: `${host}:${port}`, user, password },
    ...{ maxConns: most, maxIdleConns: most, maxConnLifetime: '1h' },
  },
});

const dynamicContent = () =>
  Object.fromEntries(Object.entries(DYNAMIC_CONFIG).map(([key, value]) => [key, [{ value }]]));

/** The UI's own, in the same folder layout. */
export async function writeUiConfiguration(
  folder: string,
  { port, frontendAddress }: { readonly port: number; readonly frontendAddress: string },
): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  const content = {
    ...{ temporalGrpcAddress: frontendAddress, host: HOST, port, enableUi: true },
    ...{ defaultNamespace: 'default', notifyOnNewVersion: false },
  };
  await writeFile(join(folder, `${ENVIRONMENT}.yaml`), stringify(content));
  return ['--root', folder, '--config', '.', '--env', ENVIRONMENT, 'start'];
}
