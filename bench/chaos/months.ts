/**
 * The load: months of six customers on test clocks, of which every token is known, sent by the SDK
 * as an app sends it. Plans are changed, vendors sell, payments are refunded, and now and then the
 * clock goes over a whole month at once.
 */
import type { PlayedCustomer } from '../../src/demo/play';
import { periodsOf } from '../../src/demo/play';
import { callsOf, DEMO_SALE, STOPS_PER_PERIOD, stopSecond } from '../../src/demo/scenario';
import { ask, send, startApp } from './app';
import { monthOf, prepare } from './load/people';
import { advance, untilClosed, untilPeriod, vendorsReported } from './load/periods';
import { changePlans } from './load/plan-changes';
import type { PlanChanges } from './load/plan-changes';
import { persist } from './persist';
import type { Stage } from './stage';

/** A draft is finalized an hour after the renewal. */
const AFTER_DRAFT_SECONDS = 2 * 3600;
const REFUNDED_CENTS = 100;
/** After so many months comes one that the clock goes over. */
const IDLE_AFTER = 2;

export interface Load {
  readonly customers: readonly PlayedCustomer[];
  /** What each answer to an app's request was. */
  readonly answers: ReadonlyMap<number, number>;
  readonly changes: PlanChanges;
  readonly months: number;
  readonly refundedCents: number;
  /** One after the other; with the one that the clock goes over two. */
  playMonth(): Promise<void>;
  /** Usage that the app still has: it must come to none. */
  waiting(): number;
  close(): Promise<void>;
}

export async function startLoad(
  stage: Stage,
  random: () => number,
  progress: (line: string) => void,
): Promise<Load> {
  const { customers, clocks } = await prepare(stage);
  const answers = new Map<number, number>();
  const app = startApp(stage, answers);
  const state = { months: 0, refundedCents: 0 };
  const changes = changePlans(stage);
  const close = (start: number, phases: readonly string[]) =>
    untilClosed(stage, customers, start, phases);
  let current = await untilPeriod(stage);

  const playUsage = async (number: number) => {
    for (let stop = 0; stop < STOPS_PER_PERIOD; stop += 1) {
      await advance(stage, clocks, stopSecond(current, stop));
      for (const { customer, script } of customers) {
        const calls = callsOf(customer, number, script.periods[number - 1] ?? [], current, stop);
        await send(app, customer, calls);
      }
      await app.flush({ timeoutMs: 240_000 });
      if (stop === 0) await vendorsReported(stage, current.start);
      await changes.play(current, stop);
      progress(`month ${number}: usage of part ${stop + 1} of ${STOPS_PER_PERIOD}`);
    }
  };
  const playMonth = async () => {
    const number = state.months + 1;
    for (const { script } of customers) script.periods.push(monthOf(script, random));
    await playUsage(number);
    await close(current.start, ['reconciled', 'finalized', 'paid']);
    const following = await untilPeriod(stage, current.end);
    const isIdle = number % (IDLE_AFTER + 1) === IDLE_AFTER;
    await advance(stage, clocks, (isIdle ? following : current).end + AFTER_DRAFT_SECONDS);
    await close(current.start, ['paid']);
    if (number === 1) await sell(stage);
    state.refundedCents += await refund(stage, current.start);
    if (isIdle) {
      for (const { script } of customers) script.periods.push([]);
      changes.leave(following);
      await close(following.start, ['paid']);
    }
    current = isIdle ? await untilPeriod(stage, following.end) : following;
    state.months += isIdle ? 2 : 1;
    progress(`month ${state.months}: compared, finalized, paid`);
  };
  return {
    ...{ customers, answers, changes, playMonth, waiting: () => app.waitingEvents },
    get months() {
      return state.months;
    },
    get refundedCents() {
      return state.refundedCents;
    },
    close: () => app.close({ timeoutMs: 60_000 }),
  };
}

/** One sale of a vendor's own. */
export function sell(stage: Stage): Promise<void> {
  const { vendor, ...sale } = DEMO_SALE;
  return ask(stage, `/v1/vendors/${vendor}/charges`, { id: 'drill-sale', ...sale });
}

/** A part of what cy paid is given back at Stripe; what was billed stays billed. */
async function refund({ stripe, pool }: Stage, start: number): Promise<number> {
  return persist('a refund', async () => {
    const found = (await periodsOf({ pool }, 'cy')).find((one) => one.start === start);
    const { data } = await stripe.invoicePayments.list({
      invoice: String(found?.statement.invoice?.id),
    });
    const intent = data[0]?.payment.payment_intent;
    if (!intent) throw new Error('no payment yet');
    await stripe.refunds.create(
      { payment_intent: String(intent), amount: REFUNDED_CENTS },
      { idempotencyKey: `drill-refund-${start}` },
    );
    return REFUNDED_CENTS;
  });
}
