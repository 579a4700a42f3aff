/** Goal: a terminated workflow, or lost Temporal data, costs no token and counts none twice. */
import { sumMeters } from '../support/meter-sum';
import { status } from '../../workflows/contract';
import { eventually } from '../support/eventually';
import { advanceClock } from '../support/test-clock';
import { startProduct } from '../support/product';
import type { Product } from '../support/product';

let product: Product;
beforeAll(async () => {
  product = await startProduct();
});
afterAll(() => product.stop());

const state = () => product.temporal.workflow.getHandle('billing:phoenix').query(status);
const usage = (id: string, tokens: number, second: number) =>
  product.api.recordUsage('phoenix', [
    { id, model: 'gpt-4o-mini', tokens: { input: tokens }, second },
  ]);

const advance = (clock: string, second: number) => advanceClock(product.stripe, clock, second);

test('a workflow terminated in its second month goes on where Stripe’s acknowledgements end', async () => {
  const start = Math.floor(Date.now() / 1000);
  const clock = await product.stripe.testHelpers.testClocks.create({ frozen_time: start });
  await product.api.put('/v1/customers/phoenix', {
    email: 'phoenix@example.com',
    plan: 'pay_as_you_go',
    testClock: clock.id,
  });
  const reported = (tokens: number) =>
    eventually(state, ({ periods }) => {
      const current = periods.at(-1)?.rates.payg_standard;
      return current?.reportedTokens === tokens && current.inFlight === null;
    });
  await usage('first-month', 1_000_000, start + 1);
  const { periods, stripeCustomerId } = await reported(1_000_000);
  const end = Number(periods[0]?.end);
  await advance(clock.id, end);
  await eventually(state, (seen) => seen.periods[0]?.phase === 'reconciled');
  await advance(clock.id, end + 2 * 3600);
  await eventually(state, (seen) => seen.periods.length === 1 && seen.periods[0]?.start === end);
  await usage('second-month-1', 300, end + 3600);
  await usage('second-month-2', 70, end + 3601);
  await reported(370);

  await product.temporal.workflow.getHandle('billing:phoenix').terminate('by mistake');
  await usage('second-month-3', 5, end + 3602);
  const after = await reported(375);
  expect(after.periods).toMatchObject([{ start: end, usedTokens: 375 }]);
  const month = { start: end, end: Number(after.periods[0]?.end) };
  const customer = String(stripeCustomerId);
  const meter = 'tollkeeper_payg_standard';
  expect(await sumMeters(product.stripe, meter, customer, month)).toBe(375);
  const firstMonth = { start, end };
  expect(await sumMeters(product.stripe, meter, customer, firstMonth)).toBe(1_000_000);
});
