/**
 * The load: months of six customers on test clocks, of which every token is known, sent by the SDK
 * as an app sends it. Plans are changed, vendors sell, payments are refunded, and now and then the
 * clock goes over a whole month at once.
 */
import type { PlayedCustomer } from '../../src/demo/play';
import { periodsOf } from '../../src/demo/play';
import { callsOf, STOPS_PER_PERIOD, stopSecond } from '../../src/demo/scenario';
import type { DemoCustomer, DemoPeriod, DemoUsage } from '../../src/demo/scenario';
import { DEMO_SALE } from '../../src/demo/scenario';
import { createApiClient } from '../../src/demo/client';
import { onboardVendors } from '../../src/demo/vendors';
import { ask, send, startApp } from './app';
import { CHANGED_PLAN, CHANGER, changePlans } from './plan-changes';
import type { PlanChanges } from './plan-changes';
import { persist, search } from './persist';
import type { Stage } from './stage';

const CUSTOMERS_PER_CLOCK = 3;
/** A draft is finalized an hour after the renewal. */
const AFTER_DRAFT_SECONDS = 2 * 3600;
/** What a day brings otherwise: the search for lost webhooks, after so many looks in vain. */
const LOOKS_PER_SEARCH = 40;
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

/** Each plan once, one who changes it month by month, and whoever buys of vendors. */
const PEOPLE: readonly (readonly [string, string])[] = [
  ...([
    ['ada', 'pay_as_you_go'],
    ['bo', 'starter'],
    ['cy', 'pro'],
  ] as const),
  ...([
    ['dana', 'enterprise'],
    ['eve', 'starter'],
    [CHANGER, 'starter'],
  ] as const),
];
type Script = Omit<DemoCustomer, 'periods'> & { readonly periods: DemoUsage[][] };

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
  const period = (start?: number) =>
    persist('the next period', () => periodFrom(stage, start), searching(stage));
  const close = (start: number, phases: readonly string[]) =>
    closed(stage, customers, start, phases);
  let current = await period();

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
    const following = await period(current.end);
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
    current = isIdle ? await period(following.end) : following;
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

/** Nothing is broken yet while customers and vendors come. */
async function prepare(stage: Stage) {
  const { stripe, pool, info } = stage;
  const api = createApiClient(info);
  await onboardVendors({ api, stripe, pool, onProgress: () => undefined });
  const start = Math.floor(Date.now() / 1000);
  const clocks = await Promise.all(
    ['one', 'two'].map((name) =>
      stripe.testHelpers.testClocks.create({ frozen_time: start, name: `drill ${name}` }),
    ),
  );
  for (const [index, [name, plan]] of PEOPLE.entries())
    await api.put(`/v1/customers/${name}`, {
      ...{ email: `${name}@example.com`, name, plan },
      testClock: clocks[Math.floor(index / CUSTOMERS_PER_CLOCK)]?.id,
    });
  const customers = PEOPLE.map(([name, plan]) => {
    const script: Script = { name, plan: name === CHANGER ? CHANGED_PLAN : plan, periods: [] };
    return { customer: name, script };
  });
  return { customers, clocks: clocks.map(({ id }) => id) };
}

/** The dearer model comes only where no allowance is, so that the oracle needs no order. */
function monthOf({ name, plan }: Script, random: () => number): DemoUsage[] {
  const tokens = (most: number) => 1 + Math.floor(random() * most);
  const usage = (model: string, most: number, vendor?: string) => ({
    ...{ model, tokens: tokens(most), calls: 20 + Math.floor(random() * 40) },
    ...(vendor !== undefined && { vendor }),
  });
  return [
    usage('gpt-4o-mini', plan === 'pro' ? 1_200_000 : 300_000),
    ...(plan === 'pay_as_you_go' || plan === 'enterprise' ? [usage('gpt-4o', 100_000)] : []),
    ...(name === 'eve'
      ? [usage('acme-1', 900_000, 'acme'), usage('globex-xl', 900_000, 'globex')]
      : []),
  ];
}

async function periodFrom(stage: Stage, start: number | undefined): Promise<DemoPeriod> {
  const starts = await Promise.all(
    PEOPLE.map(async ([customer]) => {
      const periods = await periodsOf(stage, customer);
      return start === undefined ? periods.at(0) : periods.find((one) => one.start === start);
    }),
  );
  if (starts.some((one) => one === undefined)) throw new Error('not all are there yet');
  return starts[0] as DemoPeriod;
}

const searching = (stage: Stage) => async (failures: number) => {
  if (failures % LOOKS_PER_SEARCH === 0) await search(stage.temporal);
};

async function advance({ stripe }: Stage, clocks: readonly string[], second: number) {
  for (const clock of clocks)
    await persist(`test clock ${clock}`, async () => {
      const { status, frozen_time } = await stripe.testHelpers.testClocks.retrieve(clock);
      if (frozen_time < second && status === 'ready')
        await stripe.testHelpers.testClocks.advance(clock, { frozen_time: second });
      const now = await stripe.testHelpers.testClocks.retrieve(clock);
      if (now.frozen_time < second || now.status !== 'ready') throw new Error(now.status);
    });
}

const closed = (
  stage: Stage,
  customers: readonly PlayedCustomer[],
  start: number,
  phases: readonly string[],
) =>
  persist(
    `periods that are ${phases.join(' or ')}`,
    async () => {
      for (const { customer } of customers) {
        const found = (await periodsOf(stage, customer)).find((one) => one.start === start);
        if (!phases.includes(String(found?.phase)))
          throw new Error(`${customer} is ${found?.phase}`);
      }
    },
    searching(stage),
  );

/** A vendor's item is added with first use, in Stripe's time: not before it is there. */
const vendorsReported = (stage: Stage, start: number) =>
  persist('reports of what vendors sold', async () => {
    const found = (await periodsOf(stage, 'eve')).find((one) => one.start === start);
    const sold = found?.statement.rates.filter(({ vendor }) => vendor !== undefined) ?? [];
    if (sold.length < 2 || sold.some(({ reportedTokens }) => reportedTokens === 0))
      throw new Error(`${sold.length} rates of vendors`);
  });

function sell(stage: Stage): Promise<void> {
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
