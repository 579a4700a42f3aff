/** How long after its return everything is as if it had never been away. */
import type Stripe from 'stripe';
import { setTimeout as pause } from 'node:timers/promises';
import { periodsOf } from '../../src/demo/play';
import type { DemoPeriod } from '../../src/demo/scenario';
import { missingStripeEvents, strangersEvents } from '../../src/db/stripe-events';
import { readListedEvent } from '../../src/stripe/received-event';
import type { Stage } from '../chaos/stage';
import type { Month } from './month';

const LOOK_MS = 500;
const PAGE = 100;
const MOST = 10_000;

export const WAITED_FOR = [
  'the app has nothing left',
  'all usage is counted',
  'all usage is at Stripe',
  'every webhook is followed',
  'every draft is compared',
] as const;
export type WaitedFor = (typeof WAITED_FOR)[number];

/** Seconds; null: not within the limit. */
export type CaughtUp = Record<WaitedFor, number | null>;

export async function untilCaughtUp(
  stage: Stage,
  month: Month,
  next: DemoPeriod,
  limitMs: number,
): Promise<{ readonly seconds: CaughtUp; readonly last: string }> {
  const since = Date.now();
  const seconds = Object.fromEntries(WAITED_FOR.map((what) => [what, null])) as CaughtUp;
  for (;;) {
    const left = await looks(stage, month, next);
    for (const what of WAITED_FOR)
      // What was right and is not any more was too early to be told.
      seconds[what] = left[what] ? null : (seconds[what] ?? (Date.now() - since) / 1000);
    const last = WAITED_FOR.flatMap((what) => (left[what] ? [`${what}: ${left[what]}`] : []));
    if (last.length === 0 || Date.now() - since > limitMs)
      return { seconds, last: last.join('; ') };
    await pause(LOOK_MS);
  }
}

/** What is not right yet, or nothing. */
async function looks(
  stage: Stage,
  month: Month,
  next: DemoPeriod,
): Promise<Record<WaitedFor, string>> {
  const counted: string[] = [];
  const reported: string[] = [];
  const compared: string[] = [];
  for (const { customer } of month.customers) {
    const periods = await periodsOf(stage, customer);
    for (const period of [month.first, next]) {
      const found = periods.find(({ start }) => start === period.start)?.statement;
      const used = month.tokensOf(customer, period);
      if (!found || found.usedTokens !== used)
        counted.push(`${customer} ${found?.usedTokens} of ${used}`);
      for (const rate of found?.rates ?? [])
        if (rate.tokens !== rate.reportedTokens)
          reported.push(`${customer} ${rate.reportedTokens} of ${rate.tokens}`);
    }
    const phase = periods.find(({ start }) => start === month.first.start)?.phase;
    if (!['reconciled', 'finalized', 'paid'].includes(String(phase)))
      compared.push(`${customer} ${phase}`);
  }
  const waiting = month.app.waitingEvents;
  return {
    'the app has nothing left': waiting > 0 ? `${waiting} events` : '',
    'all usage is counted': counted.join(', '),
    'all usage is at Stripe': counted.concat(reported).join(', '),
    'every webhook is followed': await unfollowed(stage),
    'every draft is compared': compared.join(', '),
  };
}

/** Those that never came are found at Stripe, and not by a search of ours. */
async function unfollowed({ stripe, pool }: Stage): Promise<string> {
  const { rows } = await pool.query<{ waiting: number }>(
    `select count(*)::int as waiting from stripe_events where status = 'waiting'`,
  );
  const all = stripe.events.list({ limit: PAGE });
  const events = (await all.autoPagingToArray({ limit: MOST })).flatMap(ofUse);
  const strangers = await strangersEvents(pool, events);
  const ids = events.flatMap(({ id }) => (strangers.has(id) ? [] : [id]));
  const missing = await missingStripeEvents(pool, ids);
  const waiting = rows[0]?.waiting ?? 0;
  return waiting + missing.size > 0 ? `${waiting} wait, ${missing.size} never came` : '';
}

function ofUse(one: Stripe.Event) {
  const event = readListedEvent(one);
  return event.ignoredBecause === undefined ? [event] : [];
}
