/**
 * Stripe's meter event stream: up to a hundred reports a call, by the token of a session. An answer
 * says that they were taken, and not that they count: what can't is told by thin events, and what
 * nobody tells is found by comparing sums before an invoice leaves.
 * https://docs.stripe.com/api/v2/billing-meter-stream
 */
import { setTimeout as sleep } from 'node:timers/promises';
import DataLoader from 'dataloader';
import Stripe from 'stripe';
import { assertObject } from './client';
import { classifyStripeError } from './errors';
import { meterEventOf } from './meter-transport';
import type { MeterReport, SendReport } from './meter-transport';

const REPORTS_PER_CALL_MAX = 100;
const GATHERED_MS = 50;
const SESSION_EXPIRED: string = 'temporary_session_expired';

export interface StreamOptions {
  /** Milliseconds that only move forward. */
  readonly now?: () => number;
  /** Resolves when what has been gathered by then is to leave. */
  readonly gathered?: () => Promise<unknown>;
}

export function createMeterStream(
  stripe: Stripe,
  { now = () => performance.now(), gathered = () => sleep(GATHERED_MS) }: StreamOptions = {},
): SendReport {
  const tokenOf = createSession(stripe, now);
  const send = async (reports: readonly MeterReport[]): Promise<void> => {
    const create = async (token: string) => {
      await stripe.v2.billing.meterEventStream.create(
        { events: reports.map(eventOf) },
        { apiKey: token },
      );
    };
    const token = await tokenOf();
    try {
      await create(token);
    } catch (error) {
      if (!isSessionRefused(error)) throw error;
      // It may have ended before its time: a new one is tried once.
      await create(await tokenOf(token));
    }
  };
  // An attempt that Temporal has given up may still wait here: the same report joins it.
  const underWay = new DataLoader<MeterReport, 'sent', string>(
    (reports) => sendTogether(reports, send),
    {
      maxBatchSize: REPORTS_PER_CALL_MAX,
      batchScheduleFn: (leave) => void gathered().then(leave),
      cacheKeyFn: ({ identifier, tokens }) => `${identifier}\n${tokens}`,
    },
  );
  return (report) => underWay.load(report).finally(() => underWay.clear(report));
}

/** What became of each. One that Stripe can't read is refused by itself, and holds up no other. */
async function sendTogether(
  reports: readonly MeterReport[],
  send: (reports: readonly MeterReport[]) => Promise<void>,
): Promise<('sent' | Error)[]> {
  try {
    await send(reports);
    return reports.map(() => 'sent');
  } catch (error) {
    if (reports.length === 1 || classifyStripeError(error)?.kind !== 'invalid')
      return reports.map(() => error as Error);
  }
  const outcomes: ('sent' | Error)[] = [];
  for (const report of reports) outcomes.push(...(await sendTogether([report], send)));
  return outcomes;
}

const eventOf = (report: MeterReport) => ({
  ...meterEventOf(report),
  timestamp: new Date(report.timestamp * 1000).toISOString(),
});

/** Stripe's package has a type for it, and clients of others tell of a code with 401. */
const isSessionRefused = (error: unknown): boolean =>
  error instanceof Stripe.errors.StripeError &&
  (error.statusCode === 401 || error.rawType === SESSION_EXPIRED);

/** A session holds for a quarter of an hour; what is sent near its end may come too late. */
const SPARE_MS = 60_000;

interface Session {
  readonly token: string;
  readonly untilMs: number;
}

function createSession(stripe: Stripe, now: () => number) {
  let current: Promise<Session> | undefined;
  const open = async (): Promise<Session> => {
    const askedMs = now();
    const session = await stripe.v2.billing.meterEventSession.create();
    assertObject(session, 'v2.billing.meter_event_session');
    // Stripe's clock is not ours: what it says of the session's length holds for both.
    const heldMs = Date.parse(session.expires_at) - Date.parse(session.created);
    return { token: session.authentication_token, untilMs: askedMs + heldMs - SPARE_MS };
  };
  const opened = (): Promise<Session> => {
    const opening = open();
    current = opening;
    opening.catch(() => {
      if (current === opening) current = undefined;
    });
    return opening;
  };
  /** One that holds, and is not the one that Stripe takes no more. */
  return async (refusedToken?: string): Promise<string> => {
    const lastSession = current;
    if (lastSession) {
      const { token, untilMs } = await lastSession;
      if (token !== refusedToken && untilMs > now()) return token;
    }
    // Whoever asks meanwhile waits for the same one.
    const next = current === lastSession || !current ? opened() : current;
    return (await next).token;
  };
}
