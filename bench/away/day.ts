/** The day itself: taken away, lived through, given back, and what is right in the end. */
import { setTimeout as pause } from 'node:timers/promises';
import type { DemoPeriod } from '../../src/demo/scenario';
import { persist, search } from '../chaos/persist';
import type { Stage } from '../chaos/stage';
import { check } from '../chaos/verdict';
import type { Check } from '../chaos/verdict';
import { untilCaughtUp } from './caught-up';
import type { CaughtUp } from './caught-up';
import { forgottenIsTold } from './forgotten';
import { askForPlan, HOUR } from './month';
import type { Month } from './month';
import { LINKS_TO } from './outages';
import type { Thing } from './outages';
import { beginDay, endDay, finalizeForgotten, leftUncompared } from './stripes-day';
import { loggedSince, scrape, whatIsTold } from './told';
import type { Told } from './told';

const HALF_DAY = 12 * HOUR;
const STEP = 2 * HOUR;
/** A step of two hours, of which twelve are the day. */
const STEP_MS = 3_000;
/** Minutes, as was asked. */
const CAUGHT_UP_MS = 5 * 60_000;

export interface Day {
  readonly secondsAway: number;
  readonly told: Told;
  readonly planChange: string;
  readonly caughtUp: CaughtUp;
  /** What was found by Tollkeeper itself and told so. */
  readonly loggedAfter: Told['logged'];
  readonly next: DemoPeriod;
  readonly checks: readonly Check[];
}

export interface DayOptions {
  readonly of: Thing;
  readonly seed: number;
  readonly workers: ReadonlyMap<string, number>;
  readonly say: (line: string) => void;
}

export async function liveThroughDay(
  stage: Stage,
  month: Month,
  { of, seed, workers, say }: DayOptions,
): Promise<Day> {
  const { samples: before } = await scrape(stage, workers);
  const { end } = month.first;
  const since = Date.now();
  await beginDay(stage, seed);
  const links = LINKS_TO[of].filter((name) => stage.links.targets.has(name));
  for (const link of links) await stage.links.cut(link);
  say(`${of} is away`);
  let next = month.first;
  let asked: Promise<string> | undefined;
  for (let second = end - HALF_DAY + STEP; second <= end + HALF_DAY; second += STEP) {
    const isNew = second === end + STEP;
    await month.to(second);
    if (isNew) {
      next = await month.renewed();
      asked = askForPlan(stage, `drill-plan-${next.start}`);
    }
    if (second === end + 2 * STEP) await finalizeForgotten(stage);
    await pause(STEP_MS);
    say(`${(second - end) / HOUR + 12} hours away`);
  }
  const left = await leftUncompared(stage, month);
  const waited = month.app.waitingEvents;
  const told = await whatIsTold(stage, workers, before, since);
  const planChange = (await asked) ?? '';
  await endDay(stage);
  const secondsAway = (Date.now() - since) / 1000;
  const back = Date.now();
  await stage.links.heal();
  say(`${of} is back, the app has ${waited} usage events, the change was told ${planChange}`);
  const { seconds: caughtUp, last } = await untilCaughtUp(stage, month, next, CAUGHT_UP_MS);
  say(last === '' ? 'All is caught up with' : `Not caught up with: ${last}`);
  const checks = [
    check('no draft left Stripe uncompared', left.length === 0, left.join('; ') || 'all waited'),
    check('caught up within five minutes, by itself', last === '', last || toldOf(caughtUp)),
    await nothingLeftToFind(stage),
    check(
      'a change of plan was refused and told why',
      /^50[234] [a-z]/.test(planChange),
      planChange,
    ),
    ...toldChecks(of, told),
    await forgottenIsTold(stage),
  ];
  const loggedAfter = await loggedSince(stage, back);
  return { ...{ secondsAway, told, planChange, caughtUp, loggedAfter, next }, checks };
}

const toldOf = (seconds: CaughtUp) =>
  Object.entries(seconds)
    .map(([what, after]) => `${what} after ${after} s`)
    .join(', ');

/** The search that a day brings otherwise had nothing to do any more. */
async function nothingLeftToFind({ temporal }: Stage): Promise<Check> {
  const run = await persist('the search for lost webhooks', () => search(temporal));
  const found = Object.entries(run.eventsRecovered).map(([type, count]) => `${count} ${type}`);
  const name = 'the daily search for lost webhooks finds none';
  return check(name, found.length === 0, found.join(', ') || `${run.eventsRead} events read`);
}

/** What has to be told of each at least, whatever else is. */
const ALERTS: Readonly<Record<Thing, readonly string[]>> = {
  postgres: ['LedgerAway'],
  temporal: ['NotForwarded', 'StripeEventsWait'],
  stripe: ['StripeFails'],
};

/** What the doctor calls it. */
const DOCTORS: Readonly<Record<Thing, string>> = {
  ...{ postgres: 'database', temporal: 'Temporal', stripe: 'Stripe' },
};

function toldChecks(of: Thing, told: Told): Check[] {
  const { alerts, doctor, healthz, logged, readyz, metrics } = told;
  const isReady = of === 'postgres' ? readyz === '503' : readyz === '200';
  return [
    check(
      'an API lives, and says whether usage can be taken',
      healthz === '200' && isReady,
      `/healthz ${healthz}, /readyz ${readyz}, /metrics ${metrics}`,
    ),
    check(
      'alerts tell it',
      ALERTS[of].every((alert) => alerts.includes(alert)),
      alerts.join(', ') || 'none fires',
    ),
    check(
      'logs tell it',
      logged.length > 0,
      logged
        .slice(0, 4)
        .map(([message, times]) => `${times} × ${message}`)
        .join(', ') || 'nothing',
    ),
    check(
      'the doctor tells it',
      doctor.some((one) => one.startsWith(`critical ${DOCTORS[of]}: `)),
      doctor.join('; ').slice(0, 600) || 'nothing',
    ),
  ];
}
