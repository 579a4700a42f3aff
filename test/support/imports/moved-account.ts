/**
 * The whole product beside an account whose time is moved by hand. It begins some days ago, so that
 * a month can pass at Stripe while usage of it is still taken.
 */
import type Stripe from 'stripe';
import { WEBHOOK_EVENTS_NEEDED } from '../../../src/cli/doctor/webhook-events';
import { createStripe } from '../../../src/stripe/client';
import { eventually } from '../stack/eventually';
import { startProduct } from '../stack/product';
import type { Product } from '../stack/product';
import { recordCalls } from '../stripe/recorded-calls';
import type { RecordedCalls } from '../stripe/recorded-calls';
import { startSandboxApart } from './apart-sandbox';
import { startMoreWorkers } from './more-workers';
import { eachOf } from './show-progress';
import { IS_SHOW } from './show-size';

type EventName = Stripe.WebhookEndpointUpdateParams.EnabledEvent;

const DAY_MS = 86_400_000;
const WORKERS_BESIDE = 2;
/** So many are looked at at a time. */
const DRAFTS = 100;
/** Ends that lie closer than this are one moment. */
const MOMENT_S = 240;

export interface MovedAccount {
  readonly product: Product;
  readonly calls: RecordedCalls;
  /** Unix seconds of the account's time. */
  now(): number;
  /** Everything that is due by then happens, and is told. */
  moveTo(second: number): Promise<void>;
  /** What happens meanwhile is told to no webhook endpoint: nobody has one yet. */
  untold<T>(work: () => Promise<T>): Promise<T>;
  /** Renewals: their drafts are made, looked at by whoever has to until `second`, and leave. */
  renew(
    step: string,
    ends: Iterable<number>,
    untilLookedAt?: (second: number) => Promise<unknown>,
  ): Promise<void>;
}

/** API and worker are in one process here, with the connections of two. */
const ENVIRONMENT = { LOG_LEVEL: process.env.LOG_LEVEL ?? 'silent', DATABASE_POOL_SIZE: '20' };

export async function startMovedAccount(
  daysAgo: number,
  patienceMs = 90_000,
  workersBeside = IS_SHOW ? WORKERS_BESIDE : 0,
): Promise<MovedAccount> {
  let shiftMs = -daysAgo * DAY_MS;
  const calls = recordCalls();
  const sandbox = await startSandboxApart(calls.folder, shiftMs);
  const started = await startProduct(ENVIRONMENT, sandbox);
  const more = startMoreWorkers(started.config, workersBeside);
  const product = {
    ...withoutPace(started),
    stop: () => more.stop().then(() => started.stop()),
  };
  const nowS = () => Math.floor((Date.now() + shiftMs) / 1000);
  const moveTo = async (second: number) => {
    shiftMs = second * 1000 - Date.now();
    await sandbox.shift(shiftMs);
    await sandbox.untilTold();
    await untilInboxIsEmpty(product, patienceMs);
  };
  return {
    ...{ product, calls, moveTo, now: nowS },
    untold: (work) => untold(product, work),
    renew: async (step, ends, untilLookedAt) => {
      await eachOf(
        step,
        momentsOf(ends),
        async (second) => {
          await moveTo(Math.max(second + 60, nowS()));
          await untilLookedAt?.(second);
        },
        1,
      );
      // Stripe's hour begins when its webhooks are taken; then it finalizes what nobody holds.
      await eventually(
        async () => {
          const { data } = await product.stripe.invoices.list({ status: 'draft', limit: DRAFTS });
          const heard = data.filter(({ webhooks_delivered_at: at }) => at !== null);
          const dueAt = Math.max(...heard.map((one) => one.automatically_finalizes_at ?? 0), 0);
          if (dueAt > 0) await moveTo(Math.max(dueAt, nowS()) + 1);
          return data;
        },
        ({ length }) => length === 0,
        patienceMs,
      );
    },
  };
}

/** What the tests read at Stripe takes nothing of the product's calls a second. */
const withoutPace = (product: Product): Product => ({
  ...product,
  stripe: createStripe({
    ...{ secretKey: product.config.STRIPE_SECRET_KEY, apiBase: product.stripeUrl },
  }),
});

/** Afterwards there are endpoints as the guide has them, for what billing needs. */
async function untold<T>({ stripe }: Product, work: () => Promise<T>): Promise<T> {
  const { data: endpoints } = await stripe.webhookEndpoints.list({ limit: 10 });
  const tell = async (terms: Stripe.WebhookEndpointUpdateParams) => {
    for (const { id } of endpoints) await stripe.webhookEndpoints.update(id, terms);
  };
  await tell({ disabled: true });
  const result = await work();
  await tell({ disabled: false, enabled_events: [...WEBHOOK_EVENTS_NEEDED] as EventName[] });
  return result;
}

/** Workflows have been told what Stripe told. */
const untilInboxIsEmpty = ({ pool }: Product, patienceMs: number) =>
  eventually(
    async () =>
      (await pool.query(`select type, last_error from stripe_events where status = 'waiting'`))
        .rows,
    ({ length }) => length === 0,
    patienceMs,
  );

/** The last of each moment's ends, in order. */
function momentsOf(ends: Iterable<number>): number[] {
  const sorted = [...ends].sort((a, b) => a - b);
  return sorted.filter((end, at) => (sorted[at + 1] ?? Infinity) - end > MOMENT_S);
}
