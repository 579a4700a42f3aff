/** What the API is given: connections and readers. Every router is a function of this. */
import type { Pool } from 'pg';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import type Stripe from 'stripe';
import type { Catalog } from '../core/plans/catalog';
import type { GroupCommitLimits } from '../ingest/group-commit';
import type { BillingUpdates } from '../temporal/billing-updates';
import type { OpenExceptions } from '../temporal/open-exceptions';
import type { Clocks } from '../stripe/test-clocks';
import type { LimitSettings } from './limits/request-limits';
import type { ModelProxyConfig } from './proxy/proxy';

export interface ApiDeps {
  readonly pool: Pool;
  /** Keys are looked up and usage is recorded by it; left out: by the other one. */
  readonly ingestPool?: Pool;
  readonly log: Logger;
  readonly catalog: Catalog;
  /** "Now" of customers on a Stripe test clock. */
  readonly clocks: Clocks;
  readonly stripe: Stripe;
  /** These are metrics of the process that are not the API's own. Tests leave them out. */
  readonly processMetrics?: Registry;
  /** The secret key is a test key: test clocks are allowed, and a test card is attached. */
  readonly isTestMode: boolean;
  /** Starts `billing:{customer}` unless it runs. */
  readonly startBilling: (customer: string) => Promise<void>;
  /** The subscription that Checkout has made becomes the customer's; null: it made none yet. */
  readonly adoptSubscription: (customer: string) => Promise<string | null>;
  readonly readSubscriptionAgain: (customer: string, subscriptionId: string) => Promise<void>;
  /** Tells the payouts that wait for a vendor that its account may have changed. */
  readonly vendorChanged: (vendor: string) => Promise<void>;
  /** Starts `payout:{charge}` of a one-off sale. */
  readonly startPayout: (customer: string, chargeId: string) => Promise<void>;
  /** Asks the workflows to change something. */
  readonly updates: BillingUpdates;
  readonly openExceptions: OpenExceptions;
  readonly config: ApiConfig;
  /** Only tests set them. */
  readonly groupCommitLimits?: Partial<GroupCommitLimits>;
  /** Whoever asks too often is held so long. */
  readonly heldMs?: number;
}

/** The part of `Config` that the API reads. */
export interface ApiConfig extends LimitSettings, ModelProxyConfig {
  readonly STRIPE_WEBHOOK_SECRET: string;
  readonly STRIPE_WEBHOOK_SECRET_PREVIOUS?: string;
  readonly STRIPE_WEBHOOK_SECRET_THIN?: string;
  readonly STRIPE_WEBHOOK_SECRET_CONNECT?: string;
  readonly PUBLIC_URL?: string;
  readonly DASHBOARD_SECRET?: string;
  /** Pages of these origins may frame ours; commas or spaces separate them. */
  readonly DASHBOARD_FRAME_ORIGINS?: string;
  /** Pages of these origins may ask with a customer's token. */
  readonly BROWSER_ORIGINS?: string;
  readonly OTLP_CUSTOMER_ATTRIBUTE?: string;
}
