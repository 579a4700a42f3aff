/** Reports through Stripe's meter event stream, which wait for nobody. */
import { createMeterStream } from '../../src/stripe/meter-stream';
import type { Stage } from './stage';

export const aStream = ({ stripe }: Stage) =>
  createMeterStream(stripe, { gathered: () => Promise.resolve() });
