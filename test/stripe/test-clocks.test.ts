/** Goal: usage of a customer whose test clock was deleted is taken as any other's. */
import Stripe from 'stripe';
import { orOurs, timeAt } from '../../src/stripe/test-clocks';

const OURS = new Date('2026-01-20T10:00:00Z');
const CLOCKS = new Date('2027-05-01T00:00:00Z');

const refusing = (statusCode: number, code: string) => ({
  now: async (): Promise<Date> => {
    throw new Stripe.errors.StripeInvalidRequestError({
      ...{ statusCode, code, message: 'No such test clock' },
      type: 'invalid_request_error',
    } as never);
  },
});

test('without a clock, and with one that is gone, it is our time; else the clock’s', async () => {
  const there = { now: async () => CLOCKS };
  expect(await timeAt(there, null, OURS)).toBe(OURS);
  expect(await timeAt(there, 'clock_1', OURS)).toBe(CLOCKS);
  expect(await timeAt(refusing(404, 'resource_missing'), 'clock_1', OURS)).toBe(OURS);
  const before = Date.now();
  const now = (await orOurs(refusing(404, 'resource_missing')).now('clock_1')).getTime();
  expect(now).toBeGreaterThanOrEqual(before);
  expect(now).toBeLessThanOrEqual(Date.now());
});

test('a key that may not read clocks is refused, and is no word of theirs being gone', async () => {
  await expect(timeAt(refusing(403, 'forbidden'), 'clock_1', OURS)).rejects.toThrow('No such');
});
