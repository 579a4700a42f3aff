/** Calls about meters that several tests make. */
import type Stripe from 'stripe';
import { customerOnClock, START } from './stand';

const DAY = 86_400;

/** `stripe` is asked for with each call: it is there once the stand is. */
export function meterCalls(stripe: () => Stripe) {
  let names = 0;
  const unique = (): string => `meter_${(names += 1)}`;
  const onClock = async () => (await customerOnClock(stripe())).customer.id;
  const cancel = (identifier: string, eventName = 'tokens') =>
    stripe().billing.meterEventAdjustments.create({
      event_name: eventName,
      type: 'cancel',
      cancel: { identifier },
    });
  const meterOf = (terms: Partial<Stripe.Billing.MeterCreateParams>) =>
    stripe().billing.meters.create({
      display_name: 'a meter',
      event_name: unique(),
      default_aggregation: { formula: 'sum' },
      ...terms,
    });
  const summaries = async (
    meter: string,
    customer: string,
    more: Partial<Stripe.Billing.MeterListEventSummariesParams> = {},
  ) =>
    (
      await stripe().billing.meters.listEventSummaries(meter, {
        customer,
        start_time: START - 2 * DAY,
        end_time: START + 3600,
        ...more,
      })
    ).data;
  const total = async (meter: string, customer: string) =>
    (await summaries(meter, customer))[0]?.aggregated_value;
  return { unique, onClock, cancel, meterOf, summaries, total };
}
