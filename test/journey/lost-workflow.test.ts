/** Goal: a terminated workflow, or lost Temporal data, costs no token and counts none twice. */
import { sumMeters } from '../support/stripe/meter-sum';
import { statusQuery } from '../../workflows/contract';
import { eventually } from '../support/stack/eventually';
import { advanceClock } from '../support/stripe/test-clock';
import { startProduct } from '../support/stack/product';
import type { Product } from '../support/stack/product';

/** An attempt of the lost run may last for 60 seconds. */
const CATCHING_UP_MS = 150_000;

jest.setTimeout(400_000);

let product: Product;
beforeAll(async () => {
  product = await startProduct();
});
afterAll(() => product.stop());

const state = () => product.temporal.workflow.getHandle('billing:phoenix').query(statusQuery);
const usage = (id: string, tokens: number, second: number) =>
  product.api.recordUsage('phoenix', [
    { id, model: 'gpt-4o-mini', tokens: { input: tokens }, second },
  ]);

const advance = (clock: string, second: number) => advanceClock(product.stripe, clock, second);

test('a workflow terminated in its second month goes on from its snapshot, or from what is on record', async () => {
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

  const terminate = () =>
    product.temporal.workflow.getHandle('billing:phoenix').terminate('by mistake');
  const month = { start: end, end: 0 };
  const customer = String(stripeCustomerId);
  const expectMeters = async (tokens: number) => {
    const meter = 'tollkeeper_payg_standard';
    expect(await sumMeters(product.stripe, meter, customer, { start, end })).toBe(1_000_000);
    expect(await sumMeters(product.stripe, meter, customer, month)).toBe(tokens);
  };
  const caughtUp = () =>
    eventually(state, ({ recovering }) => recovering === undefined, CATCHING_UP_MS);

  await terminate();
  await usage('second-month-3', 5, end + 3602);
  const after = await eventually(state, (seen) => seen.recovering !== undefined);
  month.end = Number(after.periods.at(-1)?.end);
  // Counting goes on from where January was archived, and not from the beginning.
  expect(after.appliedSequence).toBeGreaterThan(0);
  await caughtUp();
  await reported(375);
  await expectMeters(375);

  // As release 0.1.0 left it.
  await terminate();
  await product.pool.query('delete from billing_snapshots');
  await usage('second-month-4', 6, end + 3603);
  await eventually(state, (seen) => seen.recovering !== undefined);
  await caughtUp();
  const { periods: again, exceptions } = await reported(381);
  expect(again).toMatchObject([{ start: end, usedTokens: 381 }]);
  expect(exceptions).toEqual([]);
  await expectMeters(381);
});
