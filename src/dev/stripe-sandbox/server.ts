/** Starts the stand-in for Stripe: one HTTP server, its clocks, its deliveries, its memory. */
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { resumeAdvances, startAccountClock } from './billing/clocks';
import { recordFolder } from './environment';
import { NO_JOURNAL, openJournal } from './journal';
import { StripeFault } from './protocol/fault';
import { answerStripeCall } from './protocol/gateway';
import { createIdempotency } from './protocol/idempotency';
import { FUNDS_DELAY_S } from './money/ledger';
import { receive } from './receiving';
import { startRecorder } from './recorder';
import { ROUTES } from './routes';
import { createStore } from './store';
import type { Store } from './store';
import { createSnapshots } from './snapshots';
import type { Exported } from './snapshots';
import { startWebhooks } from './webhooks';
import { quiet } from './world';
import type { World } from './world';

export interface StripeSandboxOptions {
  port?: number;
  host?: string;
  /** The state is kept there over a restart; without it, in memory. */
  dataFile?: string;
  /** Pauses between the attempts of one delivery; when used up, the delivery has failed. */
  webhookRetryDelaysMs?: readonly number[];
  summaryLagMs?: number;
  /** How long usage that cannot be counted is gathered before it is reported. */
  meterErrorDelayMs?: number;
  /** Meter events taken in one second of real time; Stripe takes 1,000. */
  meterCallsPerSecond?: number;
  /** How long an advancing test clock waits for `invoice.created` to be taken by its endpoints. */
  deliveryWaitMs?: number;
  /** How long an advancing test clock then pauses, as Stripe's do: time to report to the draft. */
  draftPauseMs?: number;
  /** How long a card payment stays pending before it is available: two days, as at Stripe. */
  fundsDelayS?: number;
  /** A folder in which every call with its answer, and every webhook, is noted. */
  recordTo?: string;
  /** Real time in milliseconds. */
  now?: () => number;
}

export interface StripeSandbox {
  url: string;
  port: number;
  close(): Promise<void>;
}

const HOUR_MS = 3600_000;
const DEFAULT_RETRIES_MS = [
  500,
  1000,
  2000,
  4000,
  8000,
  15_000,
  30_000,
  60_000,
  120_000,
  300_000,
  600_000,
  1_800_000,
  HOUR_MS,
  3 * HOUR_MS,
  6 * HOUR_MS,
  12 * HOUR_MS,
  24 * HOUR_MS,
  24 * HOUR_MS,
];
const MAX_BODY_BYTES = 64 * 1024 * 1024;
const QUIET_WITHIN_MS = 5000;

export async function startStripeSandbox(
  options: StripeSandboxOptions = {},
): Promise<StripeSandbox> {
  const store = createStore();
  const journal = options.dataFile ? openJournal(store, options.dataFile) : NO_JOURNAL;
  const flush = (): void => journal.flush();
  const world = createWorld(store, options);
  const webhooks = startWebhooks(world, flush);
  const gateway = {
    world,
    routes: ROUTES,
    idempotency: createIdempotency(world),
    flush,
  };
  const snapshots = createSnapshots(store);
  const become = async (state: Exported | null): Promise<void> => {
    await untilQuiet(world);
    webhooks.stop();
    store.clear();
    if (state) store.load(state.objects);
    journal.compact();
    webhooks.resume();
    resumeAdvances(world, flush);
  };
  const server = createServer((request, response) => {
    void serve(request, response, async (body) => {
      const control = { world, webhooks, snapshots, become, flush };
      const answerStripe = (address: string): Promise<void> =>
        answerStripeCall(gateway, request, response, address);
      await receive(control, request, response, body, answerStripe);
    });
  });
  const host = options.host ?? '127.0.0.1';
  await listen(server, options.port ?? 0, host);
  const accountClock = startAccountClock(world, flush);
  webhooks.resume();
  resumeAdvances(world, flush);
  const { port } = server.address() as AddressInfo;
  world.origin = `http://${host === '0.0.0.0' ? '127.0.0.1' : host}:${port}`;
  return {
    url: `http://${host}:${port}`,
    port,
    close: async () => {
      if (world.isClosed) return;
      world.isClosed = true;
      accountClock.stop();
      webhooks.stop();
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
      if (options.dataFile) journal.compact();
    },
  };
}

const createWorld = (store: Store, options: StripeSandboxOptions): World => ({
  store,
  settings: {
    webhookRetryDelaysMs: options.webhookRetryDelaysMs ?? DEFAULT_RETRIES_MS,
    summaryLagMs: options.summaryLagMs ?? 0,
    meterErrorDelayMs: options.meterErrorDelayMs ?? 1000,
    meterCallsPerSecond: options.meterCallsPerSecond ?? 1000,
    deliveryWaitMs: options.deliveryWaitMs ?? 60_000,
    draftPauseMs: options.draftPauseMs ?? 1_000,
    fundsDelayS: options.fundsDelayS ?? FUNDS_DELAY_S,
    realNowMs: options.now ?? Date.now,
  },
  cause: { id: null, idempotency_key: null },
  record: startRecorder(options.recordTo ?? recordFolder()),
  deliver: () => undefined,
  traffic: quiet(),
  origin: '',
  isClosed: false,
});

const listen = (server: Server, port: number, host: string): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });

/** Calls that are under way belong to the state that they began in: they end before it does. */
async function untilQuiet(world: World): Promise<void> {
  const patience = Date.now() + QUIET_WITHIN_MS;
  while (world.traffic.executing > 0 && Date.now() < patience) await sleep(1);
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  answer: (body: string) => Promise<void>,
): Promise<void> {
  try {
    await answer(await readBody(request));
  } catch (error) {
    if (response.headersSent || response.destroyed) return;
    const fault = error instanceof StripeFault ? error : null;
    if (!fault) console.error('stripe-sandbox: a request failed:', error);
    const body = fault?.body ?? { type: 'api_error', message: String(error) };
    json(response, fault?.status ?? 500, { error: body });
  }
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) {
      throw new StripeFault(413, {
        type: 'invalid_request_error',
        message: `The body has more than ${MAX_BODY_BYTES} bytes.`,
      });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body, null, 2));
}
