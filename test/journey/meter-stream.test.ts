/**
 * Goal: an installation that reports through Stripe's meter event stream counts what was used, by
 * few calls, and hears of what the stream took and could not count.
 */
import { statusQuery } from '../../workflows/contract';
import { eventually } from '../support/stack/eventually';
import { startProduct } from '../support/stack/product';
import type { Product } from '../support/stack/product';

const CUSTOMERS = ['ann', 'ben', 'cid', 'dot', 'eve', 'fay'];

let product: Product;
beforeAll(async () => {
  product = await startProduct({ STRIPE_METER_TRANSPORT: 'stream' });
});
afterAll(() => product.stop());

const stateOf = (customer: string) =>
  product.temporal.workflow.getHandle(`billing:${customer}`).query(statusQuery);

async function subscribe(customer: string, plan: string): Promise<void> {
  await product.api.put(`/v1/customers/${customer}`, { email: `${customer}@example.com`, plan });
  await eventually(
    () => stateOf(customer),
    ({ subscriptionId }) => subscriptionId !== null,
  );
}

const use = (customer: string, tokens: number) =>
  product.api.recordUsage(customer, [
    {
      ...{ id: `${customer}-1`, model: 'gpt-4o-mini', tokens: { input: tokens } },
      second: Math.floor(Date.now() / 1000),
    },
  ]);

const reported = (customer: string, rateId: string, tokens: number) =>
  eventually(
    () => stateOf(customer),
    ({ periods }) => periods[0]?.rates[rateId]?.reportedTokens === tokens,
  );

test('what was used is on the meters, to the token', async () => {
  for (const customer of CUSTOMERS) await subscribe(customer, 'starter');
  await Promise.all(CUSTOMERS.map((customer, index) => use(customer, 150_000 + index)));
  for (const [index, customer] of CUSTOMERS.entries()) {
    const { stripeCustomerId } = await reported(customer, 'overage_standard', 50_000 + index);
    expect(await metered(String(stripeCustomerId))).toBe(50_000 + index);
  }
});

test('usage that the stream took and can not count is told to the customer it is of', async () => {
  await subscribe('gus', 'pay_as_you_go');
  await product.stripe.billing.meters.deactivate((await meterOf('payg_standard')).id);
  await use('gus', 1_000);
  const { exceptions, subscriptionId, periods } = await eventually(
    () => stateOf('gus'),
    (state) => state.exceptions.length > 0,
  );
  expect(exceptions).toMatchObject([{ kind: 'report_rejected', rejected: { count: 1 } }]);
  expect(exceptions[0]?.rejected?.first).toBe(
    `${subscriptionId}:${periods[0]?.start}:payg_standard:1`,
  );
});

async function meterOf(rateId: string) {
  const { data } = await product.stripe.billing.meters.list({ limit: 100 });
  const meter = data.find(({ event_name: name }) => name === `tollkeeper_${rateId}`);
  if (!meter) throw new Error(`There is no meter of ${rateId}.`);
  return meter;
}

async function metered(customer: string): Promise<number> {
  const { id } = await meterOf('overage_standard');
  const day = Math.floor(Date.now() / 86_400_000) * 86_400;
  const span = { customer, start_time: day - 86_400, end_time: day + 2 * 86_400 };
  const { data } = await product.stripe.billing.meters.listEventSummaries(id, span);
  return data.reduce((sum, { aggregated_value: value }) => sum + value, 0);
}
