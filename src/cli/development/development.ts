/**
 * Tollkeeper on top of the development stack: schema, catalog, keys, API and worker; and what the
 * developer needs to know, in .dev/stack.json. `dev` and the demo both start it.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadConfig } from '../../config';
import { migrate } from '../../db/migrate';
import type { SeenProcess, Stack } from '../../dev/stack';
import type { ClusterShape, Link } from '../../dev/stack-context';
import { loadCatalog } from '../../stripe/catalog-file';
import { pushCatalog } from '../../stripe/catalog-push';
import { createStripe } from '../../stripe/client';
import { ensureDevelopmentKeys } from './development-keys';
import { startOurProcess } from './our-process';

const READY_LIMIT_MS = 60_000;
const OWNER_ONLY = 0o600;
/** A shell reports a program that Ctrl-C ended so. */
const BROKEN_OFF = 130;

/** The content of stack.json. */
export interface StackInfo {
  readonly apiUrl: string;
  readonly adminKey: string;
  readonly ingestKey: string;
  readonly dashboardUrl: string;
  readonly databaseUrl: string;
  readonly temporalAddress: string;
  readonly temporalNamespace: string;
  readonly temporalUiUrl: string | null;
  readonly stripeApiBase: string | null;
  readonly stripeSecretKey: string;
  readonly stripeWebhookSecret: string;
  readonly mailUrl: string | null;
  readonly pid: number;
}

export interface Development {
  readonly info: StackInfo;
  /** The API and the worker were given this, and loadConfig reads it. */
  readonly environment: NodeJS.ProcessEnv;
  processes(): readonly SeenProcess[];
  stop(): Promise<void>;
}

export interface DevelopmentOptions {
  readonly dir: string;
  readonly reset?: boolean;
  readonly progress: (line: string) => void;
  readonly cluster?: ClusterShape;
  readonly link?: Link;
  /** What the process of ours with this name is told besides, each time that it starts. */
  readonly env?: (name: string) => Readonly<Record<string, string>>;
}

export async function startDevelopment(options: DevelopmentOptions): Promise<Development> {
  const { startStack } = await import('../../dev/stack.js');
  const isStarted = leaveOnSignal();
  try {
    return await startOn(await startStack(options), options);
  } finally {
    isStarted();
  }
}

/** A start may take minutes (a build): who breaks it off does not wait for its end. */
function leaveOnSignal(): () => void {
  const leave = () => {
    console.error('· Stopped while starting');
    // Whatever was started is sent its signal on the way out.
    process.exit(BROKEN_OFF);
  };
  const signals = ['SIGINT', 'SIGTERM'] as const;
  for (const signal of signals) process.once(signal, leave);
  return () => signals.forEach((signal) => process.off(signal, leave));
}

async function startOn(stack: Stack, options: DevelopmentOptions): Promise<Development> {
  try {
    const info = await startOurs(stack, options);
    await publish(join(stack.dir, 'stack.json'), info);
    const { childEnvironment: environment, seen: processes, stop } = stack;
    return { info, environment, processes, stop };
  } catch (error) {
    await stack.stop();
    throw error;
  }
}

async function startOurs(stack: Stack, options: DevelopmentOptions): Promise<StackInfo> {
  const { progress } = options;
  const config = loadConfig(stack.childEnvironment);
  const migrations = await migrate(config.DATABASE_URL);
  if (migrations.length > 0) progress(`Created the schema: ${migrations.join(', ')}`);
  progress('Bringing the catalog to Stripe');
  const stripe = createStripe({
    secretKey: config.STRIPE_SECRET_KEY,
    apiBase: config.STRIPE_API_BASE,
  });
  await pushCatalog(stripe, await loadCatalog(config.CATALOG_FILE));
  const keys = await ensureDevelopmentKeys(config.DATABASE_URL, join(stack.dir, 'keys.json'));
  const shared = options.cluster && (await bundleOnce(stack.dir));
  for (const { env, ...own } of stack.ownProcesses) {
    progress(`Starting the ${own.name}`);
    const start = (onSpawn: (pid: number) => Promise<void>) =>
      startOurProcess(
        { ...own, env: { ...shared, ...options.env?.(own.name), ...env } },
        stack,
        onSpawn,
      );
    await stack.run({ name: own.name, start });
  }
  await untilAnswering(`${stack.apiUrl}/readyz`);
  return {
    apiUrl: stack.apiUrl,
    ...keys,
    dashboardUrl: `${stack.apiUrl}/dashboard`,
    databaseUrl: config.DATABASE_URL,
    temporalAddress: config.TEMPORAL_ADDRESS,
    temporalNamespace: config.TEMPORAL_NAMESPACE,
    temporalUiUrl: stack.temporalUiUrl,
    stripeApiBase: config.STRIPE_API_BASE ?? null,
    stripeSecretKey: config.STRIPE_SECRET_KEY,
    stripeWebhookSecret: config.STRIPE_WEBHOOK_SECRET,
    mailUrl: stack.mailUrl,
    pid: process.pid,
  };
}

/** Workers that come back again and again need not build it each time. */
async function bundleOnce(dir: string): Promise<Record<string, string>> {
  const { bundleWorkflows } = await import('../../processes/workflow-code.js');
  const { DefaultLogger } = await import('@temporalio/worker');
  const { code } = await bundleWorkflows(undefined, new DefaultLogger('ERROR'));
  const file = join(dir, 'workflow-bundle.js');
  await writeFile(file, code);
  return { WORKFLOW_BUNDLE: file };
}

async function untilAnswering(url: string): Promise<void> {
  const deadline = Date.now() + READY_LIMIT_MS;
  for (let lastAnswer = 'no answer'; ;) {
    try {
      const response = await fetch(url, { signal: AbortSignal.timeout(5_000) });
      if (response.ok) return;
      lastAnswer = `status ${response.status}: ${await response.text()}`;
    } catch (error) {
      lastAnswer = String(error);
    }
    if (Date.now() > deadline) {
      throw new Error(
        `The API is not ready after ${READY_LIMIT_MS / 1000} s (${url}): ${lastAnswer}`,
      );
    }
    await pause(100);
  }
}

/** Whole or not at all: whoever waits for the file may read it at once. */
async function publish(file: string, info: StackInfo): Promise<void> {
  const partFile = `${file}.${process.pid}.part`;
  await writeFile(partFile, `${JSON.stringify(info, null, 2)}\n`, { mode: OWNER_ONLY });
  await rename(partFile, file);
}

export async function readStackInfo(file: string): Promise<StackInfo> {
  return JSON.parse(await readFile(file, 'utf8')) as StackInfo;
}
