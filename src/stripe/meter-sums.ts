/** What Stripe's meters have of a customer and a period, read back as tokens. */
import type Stripe from 'stripe';
import { sumSpan } from '../core/period';
import type { Period } from '../core/period';
import type { MeteredRate } from '../core/counting/reporting';
import { createMeterBook } from './meter-book';

/** Stripe gives one summary for the whole interval; more than this would be a surprise. */
const SUMMARIES_MAX = 1_000;

export interface MeterSums {
  /** `stripeCustomerId` is Stripe's own id of the customer. */
  sum(eventName: string, stripeCustomerId: string, period: Period): Promise<number>;
  /** Sums them by rate. */
  sumRates(
    rates: readonly MeteredRate[],
    stripeCustomerId: string,
    period: Period,
  ): Promise<Record<string, number>>;
}

export function createMeterSums(stripe: Stripe): MeterSums {
  const meterBook = createMeterBook(stripe);

  async function sum(eventName: string, customer: string, period: Period): Promise<number> {
    const { start, end } = sumSpan(period);
    const summaries = await stripe.billing.meters
      .listEventSummaries(await meterBook.meterId(eventName), {
        customer,
        start_time: start,
        end_time: end,
      })
      .autoPagingToArray({ limit: SUMMARIES_MAX });
    return summaries.reduce((total, summary) => total + summary.aggregated_value, 0);
  }

  const since = ({ start, end }: Period, meteredFrom: number): Period => ({
    start: Math.max(start, meteredFrom),
    end,
  });

  return {
    sum,
    sumRates: async (rates, customer, period) => {
      const sums = await Promise.all(
        rates.map(
          async ({ id, meterEventName, from = period.start }) =>
            [id, await sum(meterEventName, customer, since(period, from))] as const,
        ),
      );
      return Object.fromEntries(sums);
    },
  };
}
