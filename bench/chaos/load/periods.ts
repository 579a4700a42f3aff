/** Time goes on at Stripe, and whoever plays waits until all customers have followed. */
import { periodsOf } from '../../../src/demo/play';
import type { PlayedCustomer } from '../../../src/demo/play';
import type { DemoPeriod } from '../../../src/demo/scenario';
import { PEOPLE } from './people';
import { persist, search } from '../persist';
import type { Stage } from '../stage';

/** What a day brings otherwise: the search for lost webhooks, after so many looks in vain. */
const LOOKS_PER_SEARCH = 40;

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

/** The first period of all customers, or the one from `start` on once all have it. */
export const untilPeriod = (stage: Stage, start?: number): Promise<DemoPeriod> =>
  persist('the next period', () => periodFrom(stage, start), searching(stage));

export async function advance({ stripe }: Stage, clocks: readonly string[], second: number) {
  for (const clock of clocks)
    await persist(`test clock ${clock}`, async () => {
      const { status, frozen_time } = await stripe.testHelpers.testClocks.retrieve(clock);
      if (frozen_time < second && status === 'ready')
        await stripe.testHelpers.testClocks.advance(clock, { frozen_time: second });
      const now = await stripe.testHelpers.testClocks.retrieve(clock);
      if (now.frozen_time < second || now.status !== 'ready') throw new Error(now.status);
    });
}

export const untilClosed = (
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
export const vendorsReported = (stage: Stage, start: number) =>
  persist('reports of what vendors sold', async () => {
    const found = (await periodsOf(stage, 'eve')).find((one) => one.start === start);
    const sold = found?.statement.rates.filter(({ vendor }) => vendor !== undefined) ?? [];
    if (sold.length < 2 || sold.some(({ reportedTokens }) => reportedTokens === 0))
      throw new Error(`${sold.length} rates of vendors`);
  });
