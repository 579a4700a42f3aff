/** "Now" of a customer on a test clock: the clock's time, read anew each time because it jumps. */
import type Stripe from 'stripe';
import { assertObject } from './client';

export interface Clocks {
  now(testClockId: string): Promise<Date>;
}

export function createClocks(stripe: Stripe): Clocks {
  return {
    now: async (testClockId) => {
      const clock = await stripe.testHelpers.testClocks.retrieve(testClockId);
      assertObject(clock, 'test_helpers.test_clock');
      return new Date(clock.frozen_time * 1000);
    },
  };
}
