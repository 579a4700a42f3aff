/** Moving a Stripe test clock, and waiting until all that was due on the way has happened. */
import type Stripe from 'stripe';
import { eventually } from '../stack/eventually';

const PATIENCE_MS = 60_000;

export async function advanceClock(stripe: Stripe, clock: string, second: number): Promise<void> {
  const { testClocks } = stripe.testHelpers;
  await testClocks.advance(clock, { frozen_time: second });
  await eventually(
    () => testClocks.retrieve(clock),
    ({ status }) => status === 'ready',
    PATIENCE_MS,
  );
}
