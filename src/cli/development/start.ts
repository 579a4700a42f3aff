/** `tollkeeper start`: the whole stack, the demo month played on it, and what came out. */
import { SingleBar } from 'cli-progress';
import { loadConfig } from '../../config';
import { createPool } from '../../db/pool';
import { createApiClient } from '../../demo/client';
import type { DemoDeps } from '../../demo/play';
import { demoTable, runDemo } from '../../demo/run-demo';
import type { DemoResult } from '../../demo/run-demo';
import { loadCatalog } from '../../stripe/catalog-file';
import { createStripe } from '../../stripe/client';
import { summary } from './dev';
import { startDevelopment } from './development';
import type { Development, StackInfo } from './development';
import { leaveAfter, untilStopped } from '../terminal/until-stopped';

const GRACE_MS = 60_000;
const DASHBOARD_LINK_SECONDS = 24 * 3600;

export interface StartOptions {
  readonly dir: string;
  readonly reset?: boolean;
  /** Stop once the month is played; the exit code tells whether all of it was right. */
  readonly once?: boolean;
  /** The result as one JSON object, as the last line on stdout. */
  readonly json?: boolean;
}

export async function start(options: StartOptions): Promise<void> {
  const startedAt = Date.now();
  const stop = untilStopped();
  const development = await startDevelopment({
    ...options,
    progress: (line) => console.error(`· ${line}`),
  });
  // Ctrl-C in the middle of the month ends the stack in order as well.
  const result = await Promise.race([play(development), stop.then(() => undefined)]).catch(
    async (error: unknown) => {
      await development.stop();
      throw error;
    },
  );
  if (result) await show(result, development, options, Date.now() - startedAt);
  if (!options.once) await stop;
  console.error('· Stopping');
  leaveAfter(GRACE_MS);
  await development.stop();
  process.exit(options.once && !result?.ok ? 1 : 0);
}

export async function play({
  info,
  environment,
}: Pick<Development, 'info' | 'environment'>): Promise<DemoResult> {
  const config = loadConfig(environment);
  const pool = createPool({ connectionString: config.DATABASE_URL, max: 4 });
  const stripe = createStripe({
    secretKey: config.STRIPE_SECRET_KEY,
    apiBase: config.STRIPE_API_BASE,
  });
  console.error('· Playing two months of five customers');
  const progress = showProgress();
  try {
    return await runDemo({
      api: createApiClient(info),
      stripe,
      pool,
      onProgress: progress.update,
    });
  } finally {
    progress.end();
    await pool.end();
  }
}

/** A bar where somebody looks on, lines where a file is written. */
function showProgress(): { update: DemoDeps['onProgress']; end: () => void } {
  if (!process.stderr.isTTY) {
    return {
      update: (doneCount, total, activity) => console.error(`· ${doneCount}/${total} ${activity}`),
      end: () => undefined,
    };
  }
  const bar = new SingleBar({ format: '  {bar} {value}/{total} {doing}', stream: process.stderr });
  let isStarted = false;
  return {
    update: (doneCount, total, activity) => {
      if (!isStarted) bar.start(total, 0, { doing: activity });
      isStarted = true;
      bar.update(doneCount, { doing: activity });
    },
    end: () => bar.stop(),
  };
}

async function show(
  result: DemoResult,
  { info, environment }: Development,
  options: StartOptions,
  elapsedMs: number,
): Promise<void> {
  const { currency } = await loadCatalog(loadConfig(environment).CATALOG_FILE);
  const dashboardUrl = await dashboardOf(result, info);
  const people =
    `${summary(info, options.dir, elapsedMs, dashboardUrl)}\n` + `${demoTable(result, currency)}\n`;
  // Only the object is on stdout with --json: programs read it, people read stderr.
  if (options.json) {
    console.error(people);
    console.log(JSON.stringify(result));
  } else console.log(people + verdict(result));
}

/** The last played month of a customer who went over an allowance: there is most to see. */
async function dashboardOf({ customers }: DemoResult, info: StackInfo): Promise<string> {
  const customer = customers.find(({ periods }) =>
    periods.some(({ includedTokens, overageTokens }) => includedTokens && overageTokens),
  );
  if (!customer) return info.dashboardUrl;
  const path = `/v1/customers/${customer.customer}/dashboard-link`;
  const body = { expiresInSeconds: DASHBOARD_LINK_SECONDS };
  const { url } = await createApiClient(info).post<{ url: string }>(path, body);
  return `${url}&period=previous`;
}

export const verdict = ({ ok, customers }: DemoResult): string => {
  const periods = customers.flatMap((customer) => customer.periods);
  const drift = periods.reduce((sum, period) => sum + period.drift, 0);
  return ok
    ? `All ${periods.length} periods: drift 0, every invoice paid and as worked out by hand.`
    : `Not right: drift ${drift} in ${periods.length} periods. Please report this.`;
};
