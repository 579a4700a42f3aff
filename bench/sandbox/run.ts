/**
 * `npm run bench:sandbox`: what a call costs the stand-in for Stripe with no customers, and with
 * ever more of them. The cost must stay flat: else a test of many measures the stand-in.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import Table from 'cli-table3';
import { median, readable } from '../figures';
import { callsOn } from './calls';
import type { Calls } from './calls';

const CONNECTIONS = 8;
const MEASURED_CALLS = 2000;
const START_PATIENCE_MS = 30_000;

interface Row {
  readonly customers: number;
  /** Customers with a subscription made in a second, up to here from the row before. */
  readonly createdPerSecond: number;
  readonly callsPerSecond: Readonly<Record<string, number>>;
  readonly residentMegabytes: number;
}

async function run(stages: readonly number[]): Promise<Row[]> {
  const folder = await mkdtemp(join(tmpdir(), 'tollkeeper-sandbox-'));
  const sandbox = await startSandbox(join(folder, 'stripe.json'));
  const calls = callsOn(sandbox.port, CONNECTIONS);
  try {
    await calls.prepare();
    const rows: Row[] = [];
    for (const customers of stages) {
      rows.push(await rowAt(customers, calls, sandbox.child));
      console.error(`· ${customers} customers: done`);
    }
    return rows;
  } finally {
    calls.close();
    const ended = new Promise((resolve) => sandbox.child.once('exit', resolve));
    sandbox.child.kill('SIGTERM');
    await ended;
    await rm(folder, { recursive: true, force: true });
  }
}

async function rowAt(customers: number, calls: Calls, child: ChildProcess): Promise<Row> {
  const missing = customers - calls.customers();
  const createdPerSecond = await calls.rate(missing, calls.createCustomer);
  const callsPerSecond: Record<string, number> = {};
  for (const [name, call] of Object.entries(calls.simple)) {
    const rates: number[] = [];
    for (let round = 0; round < 3; round += 1)
      rates.push(await calls.rate(MEASURED_CALLS / 3, call));
    callsPerSecond[name] = Math.round(median(rates));
  }
  return {
    ...{ customers, createdPerSecond: Math.round(createdPerSecond), callsPerSecond },
    residentMegabytes: await residentMegabytes(child.pid),
  };
}

async function residentMegabytes(pid: number | undefined): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024);
}

async function startSandbox(dataFile: string): Promise<{ child: ChildProcess; port: number }> {
  const bin = join(__dirname, '../../bin/tollkeeper.js');
  const child = spawn(
    process.execPath,
    [bin, 'stripe-sandbox', '--port', '0', '--data', dataFile],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const port = await new Promise<number>((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error('The sandbox did not start.')),
      START_PATIENCE_MS,
    );
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      const found = /127\.0\.0\.1:(\d+)/.exec(text)?.[1];
      if (found === undefined) return;
      clearTimeout(timer);
      resolve(Number(found));
    });
    child.once('exit', (code) => reject(new Error(`The sandbox ended with ${code}: ${text}`)));
  });
  return { child, port };
}

function print(rows: readonly Row[]): void {
  const names = Object.keys(rows[0]?.callsPerSecond ?? {});
  const head = ['customers', 'made /s', ...names.map((name) => `${name} /s`), 'resident MB'];
  const table = new Table({ head, style: { head: [], border: [] } });
  for (const row of rows) {
    const rates = names.map((name) => readable(row.callsPerSecond[name] ?? 0));
    table.push([
      ...[readable(row.customers), readable(row.createdPerSecond), ...rates],
      readable(row.residentMegabytes),
    ]);
  }
  console.log(table.toString());
}

const { values } = parseArgs({
  options: { customers: { type: 'string', default: '100,2000,10000' }, json: { type: 'boolean' } },
});
const stages = values.customers.split(',').map(Number);
if (!stages.every((stage) => Number.isInteger(stage) && stage > 0))
  throw new Error(`--customers ${values.customers}: expected numbers such as 100,2000,50000.`);
void run(stages).then((rows) => {
  if (values.json) console.log(JSON.stringify(rows));
  else print(rows);
});
