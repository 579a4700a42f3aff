/**
 * Plays two billing periods on Stripe's test clocks: usage through the HTTP API as the clock goes
 * on, renewal, draft, finalized, paid. Nothing here bills anything; it acts as apps and time do.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Pool } from 'pg';
import type Stripe from 'stripe';
import { listBillingPeriods } from '../db/billing-periods';
import type { ApiClient } from './client';
import type { DemoCustomer } from './scenario';
import { callsOf, DEMO_CUSTOMERS, STOPS_PER_PERIOD, stopSecond } from './scenario';

/** Stripe's limit. */
const CUSTOMERS_PER_CLOCK = 3;
const PERIODS = 2;
/** A draft is finalized an hour after the renewal. */
const AFTER_DRAFT_SECONDS = 2 * 3600;
/** More than a demo ever has. */
const PERIODS_MAX = 10;
const POLL_MS = 100;
const WAIT_MS = 120_000;

export interface DemoDeps {
  readonly api: ApiClient;
  readonly stripe: Stripe;
  readonly pool: Pool;
  /** Tells how far the demo is; `doneCount` of `total` steps. */
  readonly onProgress: (doneCount: number, total: number, activity: string) => void;
}

/** A customer of the script and the id it got. */
export interface PlayedCustomer {
  readonly customer: string;
  readonly script: DemoCustomer;
}

export async function playTwoPeriods(deps: DemoDeps): Promise<PlayedCustomer[]> {
  const { api, onProgress } = deps;
  const total = 1 + PERIODS * (STOPS_PER_PERIOD + 2);
  let doneCount = 0;
  const report = (activity: string) => onProgress((doneCount += 1), total, activity);

  const clocks = await startClocks(deps);
  const playedCustomers = await createCustomers(deps, clocks);
  report('five customers on four plans, with card and subscription');
  let [period] = await waitFor('the first period of every customer', async () => {
    const periodsByCustomer = await Promise.all(
      playedCustomers.map(({ customer }) => periodsOf(deps, customer)),
    );
    return periodsByCustomer.every((periods) => periods.length > 0)
      ? periodsByCustomer[0]
      : undefined;
  });
  for (let number = 0; number < PERIODS && period; number += 1) {
    for (let stop = 0; stop < STOPS_PER_PERIOD; stop += 1) {
      const currentPeriod = period;
      await advanceTo(deps, clocks, stopSecond(currentPeriod, stop));
      await Promise.all(
        playedCustomers.map(({ customer, script }) =>
          api.recordUsage(
            customer,
            callsOf(customer, number + 1, script.periods[number] ?? [], currentPeriod, stop),
          ),
        ),
      );
      if (stop === 0) await vendorsReported(deps, playedCustomers, currentPeriod.start);
      report(`month ${number + 1}: usage of part ${stop + 1} of ${STOPS_PER_PERIOD}`);
    }
    await closed(deps, playedCustomers, period.start, ['reconciled', 'finalized', 'paid']);
    report(`month ${number + 1}: drafts compared with the ledger`);
    await advanceTo(deps, clocks, period.end + AFTER_DRAFT_SECONDS);
    await closed(deps, playedCustomers, period.start, ['paid']);
    report(`month ${number + 1}: invoices finalized, paid, archived`);
    period = await nextPeriod(deps, playedCustomers, period.end);
  }
  return playedCustomers;
}

async function startClocks({ stripe }: DemoDeps): Promise<string[]> {
  const frozenTime = Math.floor(Date.now() / 1000);
  const count = Math.ceil(DEMO_CUSTOMERS.length / CUSTOMERS_PER_CLOCK);
  const clocks: string[] = [];
  for (let number = 1; number <= count; number += 1) {
    const clock = await stripe.testHelpers.testClocks.create({
      frozen_time: frozenTime,
      name: `Tollkeeper demo ${number}`,
    });
    clocks.push(clock.id);
  }
  return clocks;
}

/** People who were played before on this stack come again under a number. */
async function createCustomers(deps: DemoDeps, clocks: string[]): Promise<PlayedCustomer[]> {
  const suffix = await freeSuffix(deps.api);
  const playedCustomers: PlayedCustomer[] = [];
  for (const [index, script] of DEMO_CUSTOMERS.entries()) {
    const customer = `${script.name}${suffix}`;
    await deps.api.put(`/v1/customers/${customer}`, {
      email: `${customer}@example.com`,
      name: script.name,
      plan: script.plan,
      testClock: clocks[Math.floor(index / CUSTOMERS_PER_CLOCK)],
    });
    playedCustomers.push({ customer, script });
  }
  return playedCustomers;
}

async function freeSuffix(api: ApiClient): Promise<string> {
  const firstName = DEMO_CUSTOMERS[0]?.name ?? '';
  for (let number = 1; ; number += 1) {
    const suffix = number === 1 ? '' : `-${number}`;
    if ((await api.get(`/v1/customers/${firstName}${suffix}`)) === undefined) return suffix;
  }
}

async function advanceTo({ stripe }: DemoDeps, clocks: string[], second: number): Promise<void> {
  await Promise.all(
    clocks.map(async (clock) => {
      await stripe.testHelpers.testClocks.advance(clock, { frozen_time: second });
      await waitFor(`test clock ${clock}`, async () => {
        const { status } = await stripe.testHelpers.testClocks.retrieve(clock);
        if (status === 'internal_failure') throw new Error(`Test clock ${clock} failed.`);
        return status === 'ready' || undefined;
      });
    }),
  );
}

/**
 * A vendor's item is added with first use, in Stripe's time. Here weeks pass in an instant: not
 * before it is there, or the vendor's usage of the whole month would be a line.
 */
async function vendorsReported(
  deps: DemoDeps,
  playedCustomers: readonly PlayedCustomer[],
  start: number,
): Promise<void> {
  const buyers = playedCustomers.filter(({ script }) =>
    script.periods.flat().some(({ vendor }) => vendor !== undefined),
  );
  await waitFor('reports of what vendors sold', async () => {
    const periodsByBuyer = await Promise.all(
      buyers.map(({ customer }) => periodsOf(deps, customer)),
    );
    const isReported = periodsByBuyer.every((periods) => {
      const rates = periods.find((period) => period.start === start)?.statement.rates ?? [];
      // Reports go side by side, and the statement of one does not know of the other.
      return rates.some(({ vendor, reportedTokens }) => vendor !== undefined && reportedTokens > 0);
    });
    return isReported || undefined;
  });
}

/** Every customer's period with this start has come to one of the phases. */
async function closed(
  deps: DemoDeps,
  playedCustomers: readonly PlayedCustomer[],
  start: number,
  phases: readonly string[],
): Promise<void> {
  await waitFor(`periods that are ${phases.join(' or ')}`, async () => {
    const periodsByCustomer = await Promise.all(
      playedCustomers.map(({ customer }) => periodsOf(deps, customer)),
    );
    const isClosed = periodsByCustomer.every((periods) =>
      periods.some((period) => period.start === start && phases.includes(period.phase)),
    );
    return isClosed || undefined;
  });
}

const nextPeriod = (deps: DemoDeps, playedCustomers: readonly PlayedCustomer[], start: number) =>
  waitFor('the next period', async () => {
    const periods = await periodsOf(deps, playedCustomers[0]?.customer ?? '');
    return periods.find((period) => period.start === start);
  });

/** They are as the API shows them, oldest first; of more than `limit` the latest. */
export async function periodsOf(
  { pool }: Pick<DemoDeps, 'pool'>,
  customer: string,
  limit = PERIODS_MAX,
) {
  const periods = await listBillingPeriods(pool, customer, limit);
  return periods
    .map(({ statement }) => ({
      start: statement.periodStart,
      end: statement.periodEnd,
      phase: statement.phase as string,
      statement,
    }))
    .sort((a, b) => a.start - b.start);
}

export async function waitFor<T>(subject: string, read: () => Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + WAIT_MS;
  for (;;) {
    const result = await read();
    if (result !== undefined) return result;
    if (Date.now() > deadline)
      throw new Error(
        `Waited ${WAIT_MS / 1000} s for ${subject} in vain. The worker's log and the workflows in the ` +
          'Temporal UI (billing:…) tell what they wait for.',
      );
    await pause(POLL_MS);
  }
}
