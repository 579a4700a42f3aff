/** `tollkeeper dev`: the whole stack on this machine until Ctrl-C. */
import { join, relative } from 'node:path';
import { startDevelopment } from './development';
import type { StackInfo } from './development';
import { leaveAfter, untilStopped } from '../terminal/until-stopped';

const GRACE_MS = 60_000;

export async function dev({ dir, reset }: { dir: string; reset?: boolean }): Promise<void> {
  const startedAt = Date.now();
  const stop = untilStopped();
  const progress = (line: string) => console.error(`· ${line}`);
  const start = startDevelopment({ dir, reset, progress });
  // Ctrl-C while it starts: what is started is still ended in order.
  const development = await start;
  console.log(summary(development.info, dir, Date.now() - startedAt));
  await stop;
  console.error('· Stopping (Ctrl-C again to leave at once)');
  leaveAfter(GRACE_MS);
  await development.stop();
  process.exit(0);
}

export function summary(
  info: StackInfo,
  dir: string,
  elapsedMs: number,
  dashboardUrl = info.dashboardUrl,
): string {
  const rows: readonly (readonly [string, string | null])[] = [
    ['API', info.apiUrl],
    ['API reference', `${info.apiUrl}/docs`],
    ['Dashboard', dashboardUrl],
    ['Temporal UI', info.temporalUiUrl],
    ['Stripe', info.stripeApiBase ?? 'Stripe, test mode'],
    ['Mail', info.mailUrl],
    ['Database', info.databaseUrl],
    ['Admin key', info.adminKey],
    ['All of it', relative('', join(dir, 'stack.json'))],
  ];
  const lines = rows.flatMap(([name, value]) => (value ? [`  ${name.padEnd(14)} ${value}`] : []));
  const seconds = Math.round(elapsedMs / 1000);
  return [`\nTollkeeper runs (ready after ${seconds} s). Ctrl-C stops it.`, ...lines, ''].join(
    '\n',
  );
}
