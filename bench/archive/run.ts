/**
 * `npm run bench:archive`: what the commands of old months take for months of different sizes, each
 * as its own process, and how much memory it had at most.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import Table from 'cli-table3';
import type { Manifest } from '../../src/cli/ledger/manifest';
import { readDevEnvironment } from '../../src/dev/environment';
import { createPool } from '../../src/db/pool';
import { onOwnPostgres } from '../command/own-postgres';
import { costsOfProcesses } from '../command/process-costs';
import { numbers } from '../command/run-report';
import { readable } from '../figures';
import { fillLedger } from '../ledger/fill';

const PROGRAM = join(__dirname, '..', '..', 'bin', 'tollkeeper.js');
const SAMPLE_MS = 50;

interface Measured {
  readonly rows: number;
  readonly command: string;
  readonly seconds: number;
  /** What Postgres took is not in it. */
  readonly cpuSeconds: number;
  readonly peakMegabytes: number;
  readonly textMegabytes: number;
  readonly fileMegabytes: number;
}

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '200000,2000000' },
    seed: { type: 'string', default: '1' },
  },
});

const progress = (line: string): void => console.error(`· ${line}`);

/** The system's own marks tell: the last that was read before the process ended counts. */
async function costsUntilEnd(pid: number, isRunning: () => boolean) {
  let [kilobytes, cpuSeconds] = [0, 0];
  while (isRunning()) {
    const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
    kilobytes = Math.max(kilobytes, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0));
    cpuSeconds = Math.max(
      cpuSeconds,
      (await costsOfProcesses({ command: pid })).cpuSeconds.command,
    );
    await pause(SAMPLE_MS);
  }
  return { peakMegabytes: kilobytes / 1024, cpuSeconds };
}

/** Throws what it printed if it failed. */
async function run(databaseUrl: string, ...words: string[]) {
  const began = performance.now();
  const child = spawn(process.execPath, [PROGRAM, 'ledger', ...words], {
    env: { ...readDevEnvironment().inherited, DATABASE_URL: databaseUrl },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let errors = '';
  child.stderr.on('data', (text) => (errors += String(text)));
  const ended = once(child, 'close');
  const isRunning = (): boolean => child.exitCode === null && child.signalCode === null;
  const costs = await costsUntilEnd(child.pid ?? 0, isRunning);
  await ended;
  if (child.exitCode !== 0) throw new Error(`ledger ${words.join(' ')} failed: ${errors}`);
  return { ...costs, seconds: (performance.now() - began) / 1000 };
}

async function measureMonth(
  databaseUrl: string,
  folder: string,
  rows: number,
): Promise<Measured[]> {
  const pool = createPool({ connectionString: databaseUrl });
  await fillLedger(pool, { rows, seed: Number(values.seed), isOneMonth: true }, progress);
  const { rows: parts } = await pool.query<{ name: string }>(
    `select name from usage_partitions where ends < now() order by ends offset 1 limit 1`,
  );
  await pool.end();
  const name = String(parts[0]?.name);
  const month = ['--month', name.slice('usage_events_'.length).replace('_', '-')];
  const from = [...month, '--from', folder];
  const measured: Pick<Measured, 'command' | 'seconds' | 'cpuSeconds' | 'peakMegabytes'>[] = [];
  for (const words of [
    ['list'],
    ['close'],
    ['export', ...month, '--to', folder],
    ['detach', ...from, '--yes'],
    ['drop', ...from, '--yes'],
    ['attach', ...from],
  ]) {
    const [command = ''] = words;
    const costs = await run(databaseUrl, ...words);
    const told = `${costs.seconds.toFixed(1)} s, ${readable(costs.peakMegabytes)} MB`;
    progress(`Month of ${readable(rows)} rows: ledger ${command}: ${told}`);
    measured.push({ command, ...costs });
  }
  const text = await readFile(join(folder, `${name}.manifest.json`), 'utf8');
  const { chunks } = JSON.parse(text) as Manifest;
  const textBytes = chunks.reduce((sum, chunk) => sum + chunk.textBytes, 0);
  const { size } = await stat(join(folder, `${name}.csv.gz`));
  return measured.map((one) => ({
    ...{ ...one, rows, textMegabytes: textBytes / 1e6, fileMegabytes: size / 1e6 },
  }));
}

function table(measured: readonly Measured[]): string {
  const shown = new Table({
    head: [
      'rows',
      'text MB',
      'file MB',
      'ledger …',
      'seconds',
      'rows/s',
      'MB/s',
      'processor s',
      'peak MB',
    ],
    style: { head: [], border: [] },
  });
  for (const one of measured)
    shown.push([
      ...[readable(one.rows), readable(one.textMegabytes), readable(one.fileMegabytes)],
      ...[one.command, one.seconds.toFixed(1), readable(one.rows / one.seconds)],
      ...[
        (one.textMegabytes / one.seconds).toFixed(1),
        one.cpuSeconds.toFixed(1),
        readable(one.peakMegabytes),
      ],
    ]);
  return shown.toString();
}

void onOwnPostgres('archive', async ({ folder, createLedger }) => {
  const measured: Measured[] = [];
  for (const rows of numbers('rows', values.rows)) {
    const databaseUrl = await createLedger(`month_${rows}`);
    const archives = await mkdtemp(join(folder, 'archives-'));
    measured.push(...(await measureMonth(databaseUrl, archives, rows)));
  }
  console.log(table(measured));
});
