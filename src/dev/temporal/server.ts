/** Temporal's development server: the real server with UI, in one process. */
import { mkdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import { Connection } from '@temporalio/client';
import type { RunningChild } from '../processes/child-process';
import { startChild, untilReady } from '../processes/child-process';

const HOST = '127.0.0.1';
const READY_LIMIT_MS = 60_000;

/** What our workflows write; registered before the first worker comes. */
export const SEARCH_ATTRIBUTES: Readonly<Record<string, string>> = {
  CustomerId: 'Keyword',
  PlanId: 'Keyword',
  BillingStatus: 'Keyword',
  DunningStep: 'Keyword',
  OpenException: 'Keyword',
  PeriodEnd: 'Datetime',
};

/** What every server of ours has switched on: the newer releases have it so by themselves. */
export const DYNAMIC_CONFIG: Readonly<Record<string, boolean>> = {
  'frontend.enableServerVersionCheck': false,
  'frontend.enableUpdateWorkflowExecution': true,
  'frontend.enableUpdateWorkflowExecutionAsyncAccepted': true,
  'frontend.enableExecuteMultiOperation': true,
  'matching.enableFairness': true,
};

export interface TemporalServerOptions {
  /** The `temporal` command-line program. */
  readonly cli: string;
  readonly port: number;
  /** There is no UI without one. */
  readonly uiPort?: number;
  /** The data are in memory without one. */
  readonly databaseFile?: string;
  readonly logFile: string;
  readonly onSpawn?: (pid: number) => Promise<void>;
  readonly namespace?: string;
  /** The server's dynamic configuration, for tests of its limits. */
  readonly dynamicConfig?: Readonly<Record<string, string>>;
}

export interface TemporalServer {
  readonly address: string;
  readonly child: RunningChild;
  stop(): Promise<void>;
}

export async function startTemporalServer(options: TemporalServerOptions): Promise<TemporalServer> {
  const { databaseFile } = options;
  if (databaseFile) await mkdir(dirname(databaseFile), { recursive: true });
  const child = await startChild({
    command: options.cli,
    args: serverArguments(options),
    logFile: options.logFile,
    onSpawn: options.onSpawn,
    // Asked to end it takes 10 s; its database is in order at any moment.
    stopGraceMs: 1_500,
  });
  const address = `${HOST}:${options.port}`;
  await untilReady(child, 'Temporal', () => isServing(address), READY_LIMIT_MS);
  return { address, child, stop: () => child.stop() };
}

function serverArguments(options: TemporalServerOptions): string[] {
  const attributes = Object.entries(SEARCH_ATTRIBUTES);
  return [
    ...['server', 'start-dev', '--ip', HOST, '--port', String(options.port)],
    ...(options.uiPort ? ['--ui-ip', HOST, '--ui-port', String(options.uiPort)] : ['--headless']),
    ...(options.databaseFile ? ['--db-filename', options.databaseFile] : []),
    ...['--namespace', options.namespace ?? 'default', '--log-level', 'warn'],
    ...Object.entries({ ...DYNAMIC_CONFIG, ...options.dynamicConfig }).flatMap(([key, value]) => [
      '--dynamic-config-value',
      `${key}=${value}`,
    ]),
    ...attributes.flatMap(([name, kind]) => ['--search-attribute', `${name}=${kind}`]),
  ];
}

/** Healthy, not only listening: a workflow can be started from now on. */
export async function isServing(address: string, namespace = 'default'): Promise<boolean> {
  if (!(await isListening(address))) return false;
  let connection: Connection | undefined;
  try {
    // No interceptors: the default one retries, and would do so after the connection is closed.
    connection = await Connection.connect({ address, connectTimeout: 2000, interceptors: [] });
    await connection.withDeadline(Date.now() + 2000, async () => {
      await connection?.workflowService.describeNamespace({ namespace });
    });
    return true;
  } catch {
    return false;
  } finally {
    await connection?.close().catch(() => undefined);
  }
}

function isListening(address: string): Promise<boolean> {
  const [host, port] = address.split(':');
  return new Promise((resolve) => {
    const socket = connect({ host, port: Number(port), timeout: 1000 });
    const done = (result: boolean) => {
      socket.destroy();
      resolve(result);
    };
    socket.once('connect', () => done(true));
    socket.once('error', () => done(false));
    socket.once('timeout', () => done(false));
  });
}
