/** What making a customer needs of the outside. */
import type { Logger } from 'pino';
import type { Pool } from 'pg';
import type Stripe from 'stripe';
import type { Catalog } from '../../../core/plans/catalog';
import type { Clocks } from '../../../stripe/test-clocks';

export interface ProvisioningDeps {
  readonly pool: Pool;
  readonly stripe: Stripe;
  readonly catalog: Catalog;
  readonly clocks: Clocks;
  /** A test key: test clocks are allowed, and a test card is attached. */
  readonly isTestMode: boolean;
  /** Starts `billing:{customer}` unless it runs. */
  readonly startBilling: (customer: string) => Promise<void>;
  /** The subscription that Checkout has made becomes the customer's; null: it made none yet. */
  readonly adoptSubscription: (customer: string) => Promise<string | null>;
  /** Tells the workflow that something it reads with the subscription has changed. */
  readonly readSubscriptionAgain: (customer: string, subscriptionId: string) => Promise<void>;
  readonly log: Pick<Logger, 'warn'>;
}
