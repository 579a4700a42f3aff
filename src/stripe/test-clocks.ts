/** "Now" of a customer on a test clock: the clock's time, read anew each time because it jumps. */
import type Stripe from 'stripe';
import { assertObject } from './client';
import { unlessGone } from './errors';

export interface Clocks {
  now(testClockId: string): Promise<Date>;
}

/** Gives the time where the customer is, or ours where there is no clock, or none any more. */
export async function timeAt(clocks: Clocks, testClock: string | null, ours: Date): Promise<Date> {
  if (testClock === null) return ours;
  return (await unlessGone(() => clocks.now(testClock))) ?? ours;
}

/** Usage of a customer whose clock is gone is taken as any other. */
export const orOurs = (clocks: Clocks): Clocks => ({
  now: (testClockId) => timeAt(clocks, testClockId, new Date()),
});

export function createClocks(stripe: Stripe): Clocks {
  return {
    now: async (testClockId) => {
      const clock = await stripe.testHelpers.testClocks.retrieve(testClockId);
      assertObject(clock, 'test_helpers.test_clock');
      return new Date(clock.frozen_time * 1000);
    },
  };
}
