/** What activities are given: connections and readers, no configuration. */
import type { Pool } from 'pg';
import type Stripe from 'stripe';
import type { Catalog } from '../src/core/catalog';
import type { StripeEventHint } from '../src/core/stripe-event';

export interface ActivityDeps {
  readonly pool: Pool;
  readonly stripe: Stripe;
  readonly catalog: Catalog;
  /** Seals what is committed by now; answers the customer's last sequence. */
  readonly drainLedger: (customer: string) => Promise<number>;
  /** Resolves once Temporal has the hint for `billing:{customer}`. */
  readonly signalStripeEvent: (customer: string, hint: StripeEventHint) => Promise<void>;
  /** Unix milliseconds. */
  readonly now: () => number;
}
