/**
 * The whole surroundings of Tollkeeper on one machine. Its only product is an environment: our
 * processes can't tell it from a production one.
 */
import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Progress } from './cache';
import type { DevEnvironment } from './environment';
import { readDevEnvironment } from './environment';
import type { StackPorts } from './ports';
import { choosePorts } from './ports';
import { freePorts } from './free-port';
import { startGateway } from './network/gateway';
import { removeDataFolder } from './postgres/run-as';
import { claimFolder } from './processes/process-records';
import { provideMail, providePostgres, provideStripe } from './stack-parts';
import { provideTemporal, provideTemporalCluster } from './stack-parts';
import { readJson, writeJson } from './state-files';
import type { SupervisedChild } from './processes/supervisor';
import { supervise } from './processes/supervisor';
import type { SavedEndpoint } from './webhook-endpoint';
import type { ClusterShape, Link, StackContext } from './stack-context';

export interface StackOptions {
  /** Data, logs and records are there. */
  readonly dir?: string;
  /** It forgets everything of before. */
  readonly reset?: boolean;
  readonly progress?: Progress;
  readonly environment?: DevEnvironment;
  /** Several of each, as in production; without it one of each, and Temporal's dev server. */
  readonly cluster?: ClusterShape;
  /** What lies between the parts; nothing unless told. */
  readonly link?: Link;
}

/** One of our own processes: which command it is, and what it is told besides the stack's. */
export interface OwnProcess {
  readonly name: string;
  readonly command: 'api' | 'worker';
  readonly env: Readonly<Record<string, string>>;
}

/** A process of the stack, as it is now. */
export interface SeenProcess {
  readonly name: string;
  readonly pid: number;
  readonly port: number | undefined;
}

export interface Stack {
  readonly dir: string;
  /** What our processes need, under the names of src/config.ts. */
  readonly env: Readonly<Record<string, string>>;
  /** The same on top of what this process inherited. */
  readonly childEnvironment: NodeJS.ProcessEnv;
  readonly apiUrl: string;
  readonly temporalUiUrl: string | null;
  readonly mailUrl: string | null;
  /** What is to be run on it, in this order. */
  readonly ownProcesses: readonly OwnProcess[];
  /** All that run on it now. */
  seen(): readonly SeenProcess[];
  /**
   * Runs one of our own processes as a part of the stack: restarted if it ends, stopped with it.
   */
  run(child: SupervisedChild): Promise<void>;
  /** Ends everything, the last started first. */
  stop(): Promise<void>;
}

interface SavedState {
  readonly ports: Partial<StackPorts>;
  readonly webhookEndpoint: SavedEndpoint;
}

export async function startStack(options: StackOptions = {}): Promise<Stack> {
  const { progress = () => undefined, environment = readDevEnvironment() } = options;
  const dir = resolve(options.dir ?? '.dev');
  const records = await claimFolder(dir, progress);
  const stops: (() => Promise<void>)[] = [records.clear];
  // Whoever waits for this file must not find the one of an earlier start.
  const unpublish = () => rm(join(dir, 'stack.json'), { force: true });
  stops.push(unpublish);
  const stop = async () => {
    for (const end of stops.splice(0).reverse()) await end();
  };
  try {
    await unpublish();
    if (options.reset) await forget(dir, progress);
    const state = await readJson<SavedState>(join(dir, 'state.json'));
    const ports = await choosePorts(environment, state?.ports ?? {});
    const link: Link = options.link ?? (async (_, port) => port);
    const listening = new Map<string, number>();
    const context = { dir, environment, ports, link, listening, records, progress, stops };
    return { dir, ...(await startParts(context, options.cluster, state?.webhookEndpoint)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startParts(
  context: StackContext,
  cluster: ClusterShape | undefined,
  savedEndpoint: SavedEndpoint | undefined,
) {
  const { dir, environment, listening, ports, records, progress, stops } = context;
  const apiUrl = `http://127.0.0.1:${ports.api}`;
  const database = await providePostgres(context);
  const temporal = await (cluster
    ? provideTemporalCluster(context, cluster.temporal, database)
    : provideTemporal(context));
  const mail = await provideMail(context);
  const { webhookEndpoint, stripe } = await provideStripe(context, apiUrl, savedEndpoint);
  await writeJson(join(dir, 'state.json'), { ports, webhookEndpoint });
  const env: Record<string, string> = {
    HOST: '127.0.0.1',
    PORT: String(ports.api),
    PUBLIC_URL: environment.publicUrl ?? apiUrl,
    ...database.env,
    ...temporal.env,
    ...stripe,
    ...mail.env,
  };
  return {
    env,
    childEnvironment: { ...environment.inherited, ...env },
    apiUrl,
    temporalUiUrl: temporal.uiUrl,
    mailUrl: mail.url,
    ownProcesses: cluster ? await ownProcesses(context, cluster) : ONE_OF_EACH,
    seen: () =>
      Object.entries(records.pids()).map(([name, pid]) => ({
        ...{ name, pid, port: listening.get(name) },
      })),
    run: async (child: SupervisedChild) => {
      stops.push((await supervise(child, records, progress)).stop);
    },
  };
}

const ONE_OF_EACH: readonly OwnProcess[] = [
  { name: 'api', command: 'api', env: {} },
  { name: 'worker', command: 'worker', env: {} },
];

/** APIs have ports of their own, behind the one that everybody knows. */
async function ownProcesses(
  { listening, ports, stops }: StackContext,
  { apis, workers }: ClusterShape,
): Promise<OwnProcess[]> {
  const targetPorts = await freePorts(apis);
  const healthUrl = (port: number) => `http://127.0.0.1:${port}/healthz`;
  stops.push((await startGateway({ port: ports.api, targetPorts, healthUrl })).close);
  targetPorts.forEach((port, index) => listening.set(`api-${index + 1}`, port));
  return [
    ...targetPorts.map((port, index) => ({
      ...{ name: `api-${index + 1}`, command: 'api' as const, env: { PORT: String(port) } },
    })),
    ...Array.from({ length: workers }, (_, index) => ({
      ...{ name: `worker-${index + 1}`, command: 'worker' as const, env: {} },
    })),
  ];
}

async function forget(dir: string, progress: Progress): Promise<void> {
  progress(`Forgetting all data in ${dir}`);
  await removeDataFolder(join(dir, 'postgres'));
  const otherNames = ['temporal', 'stripe-sandbox', 'logs', 'state.json', 'keys.json'];
  for (const name of otherNames) await rm(join(dir, name), { recursive: true, force: true });
}
