/** What the drill is played on: a cluster with Toxiproxy between its parts, and a small disk. */
import { chmod, cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import type { Pool } from 'pg';
import type Stripe from 'stripe';
import { startDevelopment } from '../../src/cli/development/development';
import type { StackInfo } from '../../src/cli/development/development';
import { loadConfig } from '../../src/config';
import type { Config } from '../../src/config';
import { createPool } from '../../src/db/pool';
import type { SeenProcess } from '../../src/dev/stack';
import type { ClusterShape } from '../../src/dev/stack-context';
import { createStripe } from '../../src/stripe/client';
import { connectTemporal } from '../../src/temporal/connect';
import { setCurrentBuild } from './current-build';
import { startLinks } from './links';
import type { Links } from './links';
import { mountSmallDisk } from './small-disk';
import type { SmallDisk } from './small-disk';

/** What a run of minutes writes fits into it several times. */
const DISK_MEGABYTES = 3_000;
const MEGABYTE = 1024 * 1024;

/** What a worker calls itself when it starts: what was set for it, or else the newest. */
export interface Build {
  name: string;
  readonly of: Map<string, string>;
}

export interface Stage {
  readonly info: StackInfo;
  /** What our processes are given: with it a command goes by the links, as they do. */
  readonly environment: NodeJS.ProcessEnv;
  readonly config: Config;
  readonly links: Links;
  readonly disk: SmallDisk | undefined;
  /** The address of Stripe itself, past the link that may be cut. */
  readonly sandboxUrl: string;
  readonly stripe: Stripe;
  readonly pool: Pool;
  readonly temporal: Client;
  readonly build: Build;
  /** Megabytes of the small disk that are taken, and of memory that this process has. */
  sizes(): Promise<{ readonly disk: number | undefined; readonly memory: number }>;
  /** Copies what every process has said. */
  keepLogs(folder: string): Promise<void>;
  processes(): readonly SeenProcess[];
  stop(): Promise<void>;
}

/** One of each without a cluster. `env` is what our process with this name is told besides. */
export async function startStage(
  cluster: ClusterShape | undefined,
  progress: (line: string) => void,
  env: (name: string) => Readonly<Record<string, string>> = () => ({}),
): Promise<Stage> {
  const dir = await mkdtemp(join(tmpdir(), 'tollkeeper-chaos-'));
  const stops: (() => Promise<unknown>)[] = [() => rm(dir, { recursive: true, force: true })];
  const endAll = async () => {
    for (const end of stops.reverse()) await end();
  };
  let ending: Promise<void> | undefined;
  // Whoever asks while it ends, as after Ctrl-C, waits for its end as well.
  const stop = () => (ending ??= endAll());
  try {
    // Postgres runs as a user of its own, who has to get there.
    await chmod(dir, 0o755);
    const disk = await mountSmallDisk(join(dir, 'postgres'), DISK_MEGABYTES);
    if (disk) stops.push(disk.remove);
    const links = await startLinks(dir, progress);
    stops.push(links.stop);
    const build: Build = { name: 'drill-1', of: new Map() };
    const development = await startDevelopment({
      ...{ dir, progress, cluster, link: links.link },
      env: (name) => ({
        ...(cluster && { TEMPORAL_WORKER_BUILD_ID: build.of.get(name) ?? build.name }),
        ...{ LOG_LEVEL: 'warn', ...env(name) },
      }),
    });
    stops.push(development.stop);
    const { info, environment, processes } = development;
    const config = loadConfig(environment);
    const past = pastLinks(info, links);
    const temporal = await connectTemporal({ ...config, TEMPORAL_ADDRESS: past.temporalAddress });
    const pool = createPool({ connectionString: past.databaseUrl, max: 4 });
    stops.push(
      () => pool.end(),
      () => temporal.connection.close(),
    );
    const stripe = createStripe({ secretKey: info.stripeSecretKey, apiBase: past.sandboxUrl });
    if (cluster)
      await setCurrentBuild({ ...info, temporalAddress: past.temporalAddress }, build.name);
    const parts = { environment, config, links, disk, stripe, pool, temporal };
    return {
      ...{ ...parts, info: { ...info, ...past }, sandboxUrl: past.sandboxUrl },
      ...{ build, processes, stop },
      sizes: async () => ({
        disk: await disk?.usedMegabytes(),
        memory: Math.round(process.memoryUsage().rss / MEGABYTE),
      }),
      keepLogs: (folder) => cp(join(dir, 'logs'), folder, { recursive: true }),
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Who looks on is cut off from nothing. */
function pastLinks(info: StackInfo, { targets }: Links) {
  const database = new URL(info.databaseUrl);
  database.port = String(targets.get('postgres'));
  return {
    databaseUrl: database.href,
    temporalAddress: `127.0.0.1:${targets.get('temporal')}`,
    sandboxUrl: `http://127.0.0.1:${targets.get('stripe')}`,
  };
}
