/** A button that is pressed twice, and one whose answer is lost. */
import { createOrderDesk } from '../../../src/react/data/order';
import type { OrderState } from '../../../src/react/data/order';
import { Refusal } from '../../../src/react/data/refusal';

function desk() {
  const states: OrderState[] = [];
  const keys: string[] = [];
  const orders = createOrderDesk((state) => states.push(state));
  const run = (error?: Error) =>
    orders.run(async (key) => {
      keys.push(key);
      if (error) throw error;
    });
  return { states, keys, run, forget: orders.forget };
}

test('a second press, while the first is under way, is none', async () => {
  const { keys, run } = desk();
  await Promise.all([run(), run()]);
  expect(keys).toHaveLength(1);
});

test.each(['unreachable', 'stripe_error', 'billing_unavailable', 'internal_error'])(
  'after %s nobody knows whether it was done: the next press is the same order',
  async (code) => {
    const { keys, run } = desk();
    await run(new Refusal(code, 'what'));
    await run();
    await run();
    expect(keys[1]).toBe(keys[0]);
    expect(keys[2]).not.toBe(keys[0]);
  },
);

test('after a refusal the next press is another order, and the refusal is told until then', async () => {
  const { keys, run, states } = desk();
  await run(new Refusal('card_declined', 'Your card was declined.'));
  expect(states.at(-1)).toMatchObject({ isBusy: false, refusal: { code: 'card_declined' } });
  await run();
  expect(states.at(-1)).toEqual({ isBusy: false, refusal: undefined });
  expect(keys[1]).not.toBe(keys[0]);
  expect(keys[0]).toMatch(/^[0-9a-f]{32}$/);
});

test('whoever goes back has ordered nothing, and the next order is another one', async () => {
  const { keys, run, forget, states } = desk();
  await run(new Refusal('unreachable', 'what'));
  forget();
  expect(states.at(-1)).toEqual({ isBusy: false, refusal: undefined });
  await run();
  expect(keys[1]).not.toBe(keys[0]);
});
