/**
 * Goal: API, worker and Temporal server are each killed three times in the middle of a burst, and
 * afterwards nothing is lost and nothing counted twice: ledger, workflow and Stripe agree.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import type { BillingState } from '../../src/core/state/billing-state';
import { createPool } from '../../src/db/pool';
import { scanLedger } from '../../src/db/usage-reports';
import { createStripe } from '../../src/stripe/client';
import { statusQuery } from '../../workflows/contract';
import { eventually } from '../support/stack/eventually';
import { sumMeters } from '../support/stripe/meter-sum';

const EVENTS = 20_000;
const EVENTS_PER_REQUEST = 20;
const SENDERS = 20;
const TOKENS_PER_EVENT = 11;
const VICTIMS = ['api', 'worker', 'temporal'] as const;
const KILLS_EACH = 3;

interface StackInfo {
  readonly apiUrl: string;
  readonly adminKey: string;
  readonly ingestKey: string;
  readonly databaseUrl: string;
  readonly temporalAddress: string;
  readonly stripeApiBase: string;
  readonly stripeSecretKey: string;
}
type Processes = Record<string, { readonly pid: number }>;

const dir = mkdtempSync(join(tmpdir(), 'tollkeeper-kill-'));
const read = <T>(file: string) => JSON.parse(readFileSync(join(dir, file), 'utf8')) as T;
const processes = () => read<{ children: Processes }>('processes.json').children;

let stack: ChildProcess;
let info: StackInfo;
beforeAll(async () => {
  const command = join(__dirname, '../../bin/tollkeeper.js');
  stack = spawn(process.execPath, [command, 'dev', '--dir', dir], { stdio: 'ignore' });
  info = await eventually(
    () => read<StackInfo>('stack.json'),
    () => true,
    120_000,
  );
}, 150_000);
afterAll(async () => {
  const exited = once(stack, 'exit');
  stack.kill('SIGTERM');
  await exited;
  await rm(dir, { recursive: true, force: true });
}, 90_000);

/** As an app's SDK does it: sent again, the same, until it is acknowledged. */
async function send(events: readonly unknown[]): Promise<number> {
  for (;;) {
    try {
      const response = await fetch(`${info.apiUrl}/v1/usage`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${info.ingestKey}`,
          'content-type': 'application/json',
        },
        body: JSON.stringify({ events }),
      });
      if (response.status === 202)
        return ((await response.json()) as { accepted: number }).accepted;
    } catch {
      // The API is being killed: what it did not acknowledge is sent again.
    }
    await pause(50);
  }
}

/** Kills one after the other, each time waiting until the stack has brought it back. */
async function killAll(isLoadRunning: () => boolean): Promise<number> {
  let kills = 0;
  for (let round = 0; round < KILLS_EACH; round += 1)
    for (const name of VICTIMS) {
      const victim = processes()[name]?.pid;
      process.kill(Number(victim), 'SIGKILL');
      kills += Number(isLoadRunning());
      await eventually(
        () => processes()[name]?.pid,
        (pid) => pid !== undefined && pid !== victim,
        60_000,
      );
    }
  return kills;
}

test('API, worker and Temporal killed three times each under load: drift 0', async () => {
  const created = await fetch(`${info.apiUrl}/v1/customers/survivor`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${info.adminKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ email: 'survivor@example.com', plan: 'pay_as_you_go' }),
  });
  expect(created.status).toBe(201);

  const requests = Array.from({ length: EVENTS / EVENTS_PER_REQUEST }, (_, request) =>
    Array.from({ length: EVENTS_PER_REQUEST }, (_event, at) => ({
      id: `survivor-${request * EVENTS_PER_REQUEST + at}`,
      customer: 'survivor',
      model: 'gpt-4o-mini',
      tokens: { input: TOKENS_PER_EVENT },
    })),
  ).flatMap((request) => [request, request]);
  const queue = [...requests];
  let killing = true;
  const sender = async () => {
    // The load goes on for as long as there is killing: what was sent is sent once more.
    for (let at = 0; queue.length > 0 || killing; at += 1) {
      await send(queue.shift() ?? requests[at % requests.length] ?? []);
      await pause(10);
    }
  };
  const senders = Promise.all(Array.from({ length: SENDERS }, sender));
  const kills = await killAll(() => killing).finally(() => {
    killing = false;
  });
  await senders;
  expect(kills).toBe(VICTIMS.length * KILLS_EACH);

  const used = EVENTS * TOKENS_PER_EVENT;
  const state = await eventually(readState, isReported(used), 120_000);
  const [period] = state.periods;
  expect(period?.usedTokens).toBe(used);
  const pool = createPool({ connectionString: info.databaseUrl, max: 1 });
  const ledger = await scanLedger(pool, 'survivor', Number(period?.start), Number(period?.end));
  await pool.end();
  expect(ledger.usedTokens).toBe(used);
  expect(await meterTokens(state)).toBe(used);
}, 300_000);

/** A new connection each time: the server may have been another process a moment ago. */
async function readState(): Promise<BillingState> {
  const connection = await Connection.connect({ address: info.temporalAddress });
  try {
    return await new Client({ connection }).workflow
      .getHandle('billing:survivor')
      .query(statusQuery);
  } finally {
    await connection.close();
  }
}

const isReported = (tokens: number) => (state: BillingState) =>
  state.periods[0]?.rates.payg_standard?.reportedTokens === tokens;

function meterTokens({ periods, stripeCustomerId }: BillingState): Promise<number> {
  const stripe = createStripe({ secretKey: info.stripeSecretKey, apiBase: info.stripeApiBase });
  const [period] = periods;
  const month = { start: Number(period?.start), end: Number(period?.end) };
  return sumMeters(stripe, 'tollkeeper_payg_standard', String(stripeCustomerId), month);
}
