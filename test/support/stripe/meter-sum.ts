/** What Stripe's meter has for a customer, by the plainest call and none of the product's code. */
import type Stripe from 'stripe';

/** Over the whole minutes inside [start, end): Stripe sums by minutes. */
export async function sumMeters(
  stripe: Stripe,
  eventName: string,
  customer: string,
  { start, end }: { start: number; end: number },
): Promise<number> {
  const meters = await stripe.billing.meters.list({ limit: 100 });
  const meter = meters.data.find(({ event_name }) => event_name === eventName);
  const summaries = await stripe.billing.meters.listEventSummaries(String(meter?.id), {
    customer,
    start_time: Math.ceil(start / 60) * 60,
    end_time: Math.floor(end / 60) * 60,
  });
  return summaries.data.reduce((sum, { aggregated_value }) => sum + aggregated_value, 0);
}
