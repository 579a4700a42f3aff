/**
 * Stripe's next attempt at a webhook that was not taken may be hours away, and so may the daily
 * reconciliation: after an outage nobody waits for either. Stripe is asked for what it could not
 * deliver, and the inbox gets what it lacks.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Pool } from 'pg';
import type { Logger } from 'pino';
import type Stripe from 'stripe';
import { receiveMissing } from '../../activities/receive-missing';
import { backoffMs } from '../core/backoff';
import { assertObject } from '../stripe/client';
import { classifyStripeError } from '../stripe/errors';

const EVENTS_PER_PAGE = 100;
const INTERVAL_MS = 60_000;
/** A whole outage's events take many pages, and other work has the calls of Stripe as well. */
const PAGE_MS = 1_000;
const BACKOFF = { minMs: 1_000, maxMs: 15_000 };
/** What has just happened is on its way. */
const UNDER_WAY_SECONDS = 60;

export interface UndeliveredDeps {
  readonly pool: Pool;
  readonly stripe: Stripe;
  readonly log: Pick<Logger, 'warn'>;
}

/** Where the list goes on; null: at its beginning, since all of it was read. */
export type Position = string | null;

/** Reads one page of what Stripe has not delivered, the newest first. */
export async function receiveUndelivered(
  { pool, stripe, log }: UndeliveredDeps,
  position: Position,
  nowSeconds = Date.now() / 1000,
): Promise<Position> {
  const page = await pageAfter(stripe, position);
  if (page === null) return null;
  const isUnderWay = ({ created }: Stripe.Event) =>
    created <= nowSeconds && nowSeconds - created < UNDER_WAY_SECONDS;
  const { types, unread } = await receiveMissing(
    pool,
    page.data.filter((event) => !isUnderWay(event)),
  );
  if (types.length > 0)
    log.warn({ events: types.length, types: [...new Set(types)] }, 'webhooks had not arrived');
  if (unread.length > 0) log.warn({ unread }, 'undelivered Stripe events can not be read');
  return page.has_more ? (page.data.at(-1)?.id ?? null) : null;
}

/** Null: the place is none any more, since Stripe forgets events after 30 days. */
async function pageAfter(
  stripe: Stripe,
  position: Position,
): Promise<Stripe.ApiList<Stripe.Event> | null> {
  try {
    const page = await stripe.events.list({
      ...{ limit: EVENTS_PER_PAGE, delivery_success: false },
      ...(position !== null && { starting_after: position }),
    });
    assertObject(page, 'list');
    return page;
  } catch (error) {
    if (position !== null && classifyStripeError(error)?.kind === 'invalid') return null;
    throw error;
  }
}

/** It asks until it is stopped. A Stripe or a ledger that is away is asked again soon. */
export function startUndelivered(deps: UndeliveredDeps): { stop(): Promise<void> } {
  const stop = new AbortController();
  const running = run(deps, stop.signal);
  return {
    stop: async () => {
      stop.abort();
      await running;
    },
  };
}

async function run(deps: UndeliveredDeps, stopSignal: AbortSignal): Promise<void> {
  const rest = (ms: number) => pause(ms, undefined, { signal: stopSignal }).catch(() => undefined);
  let position: Position = null;
  let failures = 0;
  await rest(INTERVAL_MS);
  while (!stopSignal.aborted) {
    try {
      position = await receiveUndelivered(deps, position);
      failures = 0;
      await rest(position === null ? INTERVAL_MS : PAGE_MS);
    } catch (error) {
      failures += 1;
      deps.log.warn({ err: error, failed: failures }, 'Stripe was not asked for lost webhooks');
      await rest(backoffMs(BACKOFF, failures));
    }
  }
}
