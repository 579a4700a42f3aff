/**
 * Goal: what an app's customers used is in the ledger as the provider billed it, though the API is
 * out of reach for a while and the app is killed twice.
 * Method: 1,000 calls by the real `openai` client in a process of its own, against a server that
 * keeps the bill; the real API on Postgres behind a gate; SIGKILL in the middle of the work.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startTestApi } from '../support/api/api';
import type { TestApi } from '../support/api/api';
import { eventually } from '../support/stack/eventually';
import { startNetworkGate } from '../support/network/network-gate';
import type { NetworkGate } from '../support/network/network-gate';
import { startOpenAIServer } from '../support/openai/openai-server';
import type { BilledCall, OpenAIServer } from '../support/openai/openai-server';
import { CALLS_AT_ONCE, CUSTOMERS, customerOf, kindOf } from '../support/sdk/sdk-app';
import type { AppTask } from '../support/sdk/sdk-app';

const CALLS = Array.from({ length: 1_000 }, (_, index) => index);
/** Counts of finished calls. */
const OUTAGE = { from: 200, to: 500 };
const KILLS = [350, 700];
const LIMIT_MS = 120_000;

let api: TestApi;
let gate: NetworkGate;
let provider: OpenAIServer;
let folder: string;

beforeAll(async () => {
  api = await startTestApi();
  for (const customer of CUSTOMERS) await api.addCustomer(customer);
  gate = await startNetworkGate(api.url);
  provider = await startOpenAIServer();
  folder = mkdtempSync(join(tmpdir(), 'tollkeeper-app-'));
});

afterAll(async () => {
  await provider.close();
  await gate.shut();
  await api.close();
  rmSync(folder, { recursive: true, force: true });
});

function journal(): { began: Set<number>; finished: Set<number>; errors: string[] } {
  const path = join(folder, 'journal');
  const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n') : [];
  const numbers = (word: string) =>
    new Set(
      lines.filter((line) => line.startsWith(word)).map((line) => Number(line.split(' ')[1])),
    );
  const errors = lines.filter((line) => line.startsWith('error ')).map((line) => line.slice(6));
  return { began: numbers('began '), finished: numbers('finished '), errors };
}

function startApp(): ChildProcess {
  const { finished } = journal();
  const task: AppTask = {
    openaiUrl: provider.url,
    tollkeeperUrl: gate.url,
    apiKey: api.keys.ingest,
    directory: join(folder, 'spool'),
    journal: join(folder, 'journal'),
    calls: CALLS.filter((call) => !finished.has(call)),
  };
  writeFileSync(join(folder, 'task.json'), JSON.stringify(task));
  const program = join(__dirname, '..', 'support', 'sdk', 'sdk-app-run.ts');
  return spawn(process.execPath, ['-r', 'tsx/cjs', program, join(folder, 'task.json')], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
}

const untilFinished = (count: number) =>
  eventually(
    () => journal().finished.size,
    (finished) => finished >= count,
    LIMIT_MS,
  );

/** Plays it all; returns the calls that were under way when the app was killed. */
async function play(): Promise<Set<number>> {
  const outage = untilFinished(OUTAGE.from)
    .then(() => gate.shut())
    .then(() => untilFinished(OUTAGE.to))
    .then(() => gate.open());
  const cutOff = new Set<number>();
  for (const kill of KILLS) {
    const app = startApp();
    await untilFinished(kill);
    app.kill('SIGKILL');
    await once(app, 'exit');
    const { began, finished } = journal();
    for (const call of began) if (!finished.has(call)) cutOff.add(call);
  }
  const last = startApp();
  const [code] = (await once(last, 'exit')) as [number];
  expect(code).toBe(0);
  await outage;
  return cutOff;
}

interface LedgerEntry {
  readonly id: string;
  readonly customer: string;
  readonly tokens: Record<string, number>;
  readonly isEstimate: boolean;
}

async function readLedger(): Promise<Map<string, LedgerEntry>> {
  const { rows } = await api.pool.query<LedgerEntry>(
    `select coalesce(metadata ->> 'responseId', metadata ->> 'requestId') as id, customer,
            coalesce(metadata ->> 'estimated', '') = 'true' as "isEstimate",
            jsonb_build_object('input', input, 'output', output, 'cacheRead', cache_read,
                               'cacheWrite', cache_write, 'reasoning', reasoning) as tokens
     from usage_events`,
  );
  const ledger = new Map(rows.map((row) => [row.id, row]));
  expect(ledger.size).toBe(rows.length);
  return ledger;
}

const callOf = ({ conversation }: BilledCall) => Number(/call (\d+)/.exec(conversation)?.[1]);

const asEntry = (billed: BilledCall): LedgerEntry => ({
  id: billed.id,
  customer: customerOf(callOf(billed)),
  tokens: {
    input: billed.prompt - billed.cached - billed.written,
    output: billed.completion - billed.thinking,
    cacheRead: billed.cached,
    cacheWrite: billed.written,
    reasoning: billed.thinking,
  },
  isEstimate: false,
});

test('the ledger equals what the provider billed, with aborted calls marked', async () => {
  const cutOff = await play();
  const ledger = await readLedger();
  const bill = [...provider.bill.values()];
  // No answer reached the app whose process ended before it: only the provider knows of those.
  const unseen = bill.filter((billed) => !ledger.has(billed.id));
  expect(unseen.filter((billed) => !cutOff.has(callOf(billed)))).toEqual([]);
  expect(unseen.length).toBeLessThanOrEqual(KILLS.length * CALLS_AT_ONCE);

  const seen = bill.filter((billed) => ledger.has(billed.id));
  expect(ledger.size).toBe(seen.length);
  const whole = seen.filter(({ isWhole }) => isWhole);
  expect(whole.map(({ id }) => ledger.get(id))).toEqual(whole.map(asEntry));

  const aborted = seen.filter(({ isWhole }) => !isWhole);
  expect(aborted.filter((billed) => kindOf(callOf(billed)) !== 'aborted')).toEqual([]);
  expect(aborted.filter(({ id }) => !ledger.get(id)?.isEstimate)).toEqual([]);
  expect(aborted.length).toBeGreaterThanOrEqual(CALLS.length / 5);

  const { finished, errors } = journal();
  expect(finished.size).toBe(CALLS.length);
  expect([...new Set(errors)].filter((code) => code !== 'spool_torn')).toEqual(['send_failed']);
}, 180_000);
