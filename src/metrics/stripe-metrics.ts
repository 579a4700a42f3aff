/** How this process' calls to Stripe end, in Prometheus' format. */
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { CallPace } from '../stripe/call-pace';
import type { StripeCallObserver } from '../stripe/client';

export interface StripeMetrics {
  readonly registry: Registry;
  readonly observe: StripeCallObserver;
}

export function createStripeMetrics(pace: Pick<CallPace, 'waiting'>): StripeMetrics {
  const registry = new Registry();
  const registers = [registry];
  const calls = new Counter({
    name: 'tollkeeper_stripe_calls_total',
    help: 'Calls to Stripe of this process, by how they end: ok, forbidden, refused, limited, …',
    labelNames: ['outcome'] as const,
    registers,
  });
  const seconds = new Histogram({
    name: 'tollkeeper_stripe_call_seconds',
    help: 'Time of one call to Stripe',
    buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25],
    registers,
  });
  new Gauge({
    name: 'tollkeeper_stripe_calls_waiting',
    help: 'Calls to Stripe of this process that wait for their turn',
    registers,
    collect() {
      this.set(pace.waiting());
    },
  });
  return {
    registry,
    observe: (outcome, durationMs) => {
      calls.inc({ outcome });
      seconds.observe(durationMs);
    },
  };
}
