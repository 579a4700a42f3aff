/** What activities are given: connections and readers, no configuration. */
import type { Pool } from 'pg';
import type Stripe from 'stripe';
import type { Catalog } from '../src/core/plans/catalog';
import type { DomainError } from '../src/core/errors';
import type { PriceBook } from '../src/stripe/price-book';
import type { SendReport } from '../src/stripe/meter-transport';
import type { StripeEventHint } from '../src/core/state/remembered';

/** Those that read prices share what was read of them. */
export interface StripeDeps extends ActivityDeps {
  readonly priceBook: PriceBook;
}

export interface ActivityDeps {
  readonly pool: Pool;
  readonly stripe: Stripe;
  readonly catalog: Catalog;
  /** Absent: a call for each report. */
  readonly sendReport?: SendReport;
  /** Seals what is committed by now; answers the customer's last sequence. */
  readonly drainLedger: (customer: string) => Promise<number>;
  /** Usage events of unknown shape into the ledger; what became of each, in order. */
  readonly takeUsage: (
    customer: string,
    events: readonly unknown[],
    receivedAt: Date,
  ) => Promise<readonly ('accepted' | 'duplicate' | DomainError)[]>;
  /** Resolves once Temporal has the hint for `billing:{customer}`. */
  readonly signalStripeEvent: (customer: string, hint: StripeEventHint) => Promise<void>;
  /** Unix milliseconds. */
  readonly now: () => number;
}
