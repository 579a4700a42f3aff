/**
 * The load: a month of six customers whose every token is known, recorded by an app with a spool on
 * a disk. Twelve hours before its end a day begins, which ends twelve hours into the next month. A
 * seventh customer's draft leaves within it, uncompared.
 */
import { createApiClient } from '../../src/demo/client';
import type { PlayedCustomer } from '../../src/demo/play';
import { callsOf, STOPS_PER_PERIOD, stopSecond } from '../../src/demo/scenario';
import type { DemoCall, DemoPeriod } from '../../src/demo/scenario';
import type { TollkeeperClient } from '../../src/sdk/client';
import { send, startApp } from '../chaos/app';
import { monthOf, prepare } from '../chaos/load/people';
import type { Script } from '../chaos/load/people';
import { advance, untilClosed, untilPeriod, vendorsReported } from '../chaos/load/periods';
import { CHANGER, changePlans } from '../chaos/load/plan-changes';
import type { PlanChanges } from '../chaos/load/plan-changes';
import type { Stage } from '../chaos/stage';
import { sell } from '../chaos/months';

export const HOUR = 3_600;
const FLUSH_MS = 240_000;
/** His invoice is finalized by Stripe itself, as if its 72 hours had passed. */
export const FORGOTTEN = 'gil';
const FORGOTTEN_TOKENS = [1_000_000, 5_000_000] as const;
/** Pay as you go has this model at 200 cents a million. */
export const FORGOTTEN_CENTS = 1_200;

type Sent = readonly [customer: string, call: DemoCall];

export interface Month {
  readonly customers: readonly PlayedCustomer[];
  readonly answers: ReadonlyMap<number, number>;
  readonly changes: PlanChanges;
  readonly first: DemoPeriod;
  readonly app: TollkeeperClient;
  /** Tokens of a customer's calls so far in a period. */
  tokensOf(customer: string, period: DemoPeriod): number;
  /** Time goes on at Stripe, and whatever was used until then is recorded. */
  to(second: number): Promise<void>;
  /** Everything up to the day. */
  playUntilDay(dayStart: number): Promise<void>;
  /** The next month has begun at Stripe, whoever else knows. */
  renewed(): Promise<DemoPeriod>;
  /** All of the first month's invoices are paid. */
  payFirst(now: number): Promise<void>;
  playSecond(period: DemoPeriod): Promise<void>;
}

export async function startMonth(
  stage: Stage,
  random: () => number,
  directory: string,
  say: (line: string) => void,
): Promise<Month> {
  const { customers, clocks } = await prepare(stage);
  const answers = new Map<number, number>();
  const app = startApp(stage, answers, directory);
  const allClocks = [...clocks, await addForgotten(stage)];
  const changes = changePlans(stage);
  const scripts = customers.map(({ script }) => script as Script);
  for (const script of scripts) script.periods.push(monthOf(script, random));
  const seconds = new Map(scripts.map((script) => [script.name, monthOf(script, random)]));
  const first = await untilPeriod(stage);
  const due: Sent[] = [
    ...scripts.flatMap((script) => callsIn(script.name, 1, script.periods[0] ?? [], first)),
    ...forgottenCalls(first),
  ];
  const { to, tokensOf } = recorder(stage, { app, clocks: allClocks, due });
  const playStops = async (current: DemoPeriod, stops: number) => {
    for (let stop = 0; stop < stops; stop += 1) {
      await to(stopSecond(current, stop));
      await app.flush({ timeoutMs: FLUSH_MS });
      if (stop === 0) await vendorsReported(stage, current.start);
      await changes.play(current, stop);
      say(`usage of part ${stop + 1} of ${STOPS_PER_PERIOD}`);
    }
  };
  return {
    ...{ customers, answers, changes, first, app, to, tokensOf },
    playUntilDay: async (dayStart) => {
      await playStops(first, STOPS_PER_PERIOD - 1);
      await to(dayStart);
      await app.flush({ timeoutMs: FLUSH_MS });
    },
    renewed: async () => {
      const next = await renewedPeriod(stage, customers[0]?.customer ?? '');
      for (const [name, usage] of seconds) due.push(...callsIn(name, 2, usage, next));
      return next;
    },
    payFirst: async (now) => {
      await to(now);
      await untilClosed(stage, customers, first.start, ['paid']);
      await sell(stage);
    },
    playSecond: async (next) => {
      for (const script of scripts) script.periods.push(seconds.get(script.name) ?? []);
      await playStops(next, STOPS_PER_PERIOD);
      await untilClosed(stage, customers, next.start, ['reconciled', 'finalized', 'paid']);
      await to(next.end + 2 * HOUR);
      await untilClosed(stage, customers, next.start, ['paid']);
    },
  };
}

interface Recording {
  readonly app: TollkeeperClient;
  readonly clocks: readonly string[];
  /** What is not recorded yet; more may be put there. */
  readonly due: Sent[];
}

/** Time goes on, and each call is recorded once it was made. */
function recorder(stage: Stage, { app, clocks, due }: Recording): Pick<Month, 'to' | 'tokensOf'> {
  const sent: Sent[] = [];
  return {
    to: async (second) => {
      await advance(stage, clocks, second);
      const calls = due.filter(([, call]) => call.second < second);
      for (const one of calls) due.splice(due.indexOf(one), 1);
      sent.push(...calls);
      for (const customer of new Set(calls.map(([name]) => name)))
        await send(
          app,
          customer,
          calls.flatMap(([name, call]) => (name === customer ? [call] : [])),
        );
    },
    tokensOf: (customer, { start, end }) =>
      sent.reduce(
        (sum, [name, { second, tokens, vendor }]) =>
          name === customer && second >= start && second < end && vendor === undefined
            ? sum + (tokens.input ?? 0) + (tokens.output ?? 0)
            : sum,
        0,
      ),
  };
}

const callsIn = (
  customer: string,
  number: number,
  usage: Script['periods'][number],
  period: DemoPeriod,
): Sent[] =>
  Array.from({ length: STOPS_PER_PERIOD }, (_, stop) => stop).flatMap((stop) =>
    callsOf(customer, number, usage, period, stop).map((call): Sent => [customer, call]),
  );

function forgottenCalls({ start, end }: DemoPeriod): Sent[] {
  const usual = { model: 'gpt-4o-mini' };
  const [before, within] = FORGOTTEN_TOKENS;
  return [
    [FORGOTTEN, { ...usual, id: 'gil-1', tokens: { input: before }, second: start + HOUR }],
    [FORGOTTEN, { ...usual, id: 'gil-2', tokens: { input: within }, second: end - HOUR }],
  ];
}

async function addForgotten({ stripe, info }: Stage): Promise<string> {
  const people = await stripe.testHelpers.testClocks.list({ limit: 1 });
  const clock = await stripe.testHelpers.testClocks.create({
    ...{ frozen_time: people.data[0]?.frozen_time ?? Math.floor(Date.now() / 1000) },
    name: 'drill three',
  });
  await createApiClient(info).put(`/v1/customers/${FORGOTTEN}`, {
    ...{ email: `${FORGOTTEN}@example.com`, name: FORGOTTEN, plan: 'pay_as_you_go' },
    testClock: clock.id,
  });
  return clock.id;
}

/** The customer's id at Stripe. */
export async function stripeIdOf({ stripe }: Stage, customer: string): Promise<string | undefined> {
  const { data } = await stripe.customers.list({ email: `${customer}@example.com` });
  return data[0]?.id;
}

async function subscriptionOf(stage: Stage, customer: string) {
  const id = await stripeIdOf(stage, customer);
  const list = await stage.stripe.subscriptions.list({ customer: id });
  const [subscription] = list.data;
  if (!subscription) throw new Error(`${customer} has no subscription at Stripe`);
  return subscription;
}

async function renewedPeriod(stage: Stage, customer: string): Promise<DemoPeriod> {
  const { items } = await subscriptionOf(stage, customer);
  const [item] = items.data;
  if (!item) throw new Error(`${customer} has no item at Stripe`);
  return { start: item.current_period_start, end: item.current_period_end };
}

/** Whoever changes the plan asks once while it can't be done, and is told what. */
export async function askForPlan({ info }: Stage, key: string): Promise<string> {
  try {
    const response = await fetch(`${info.apiUrl}/v1/customers/${CHANGER}/plan`, {
      method: 'POST',
      headers: {
        ...{ authorization: `Bearer ${info.adminKey}`, 'idempotency-key': key },
        'content-type': 'application/json',
      },
      body: JSON.stringify({ plan: 'starter' }),
      signal: AbortSignal.timeout(180_000),
    });
    const { code } = (await response.json()) as { code?: string };
    const again = response.headers.get('retry-after');
    return `${response.status} ${code ?? 'done'}${again === null ? '' : `, again after ${again} s`}`;
  } catch (error) {
    return `no answer: ${String(error)}`;
  }
}
