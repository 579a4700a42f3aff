/**
 * Reads a subscription that was there before us, marks it as a customer's, and takes the marks
 * back. Whether and when is decided in src/core/adoption.
 */
import type Stripe from 'stripe';
import { faultsSince } from '../src/core/adoption/import-step';
import type { ImportReading } from '../src/core/adoption/import-step';
import type { ImportEntry } from '../src/core/adoption/import-plan';
import {
  CATALOG_METADATA_KEY,
  CUSTOMER_METADATA_KEY,
  importKey,
  PLAN_METADATA_KEY,
} from '../src/core/ids';
import { createClocks, timeAt } from '../src/stripe/test-clocks';
import { createPriceBook } from '../src/stripe/price-book';
import { readSubscriptionWhole } from '../src/stripe/embedded-lists';
import { itemsOf } from '../src/stripe/subscription-items';
import { readSubscriptionFacts } from '../src/stripe/subscription-facts';
import { attemptKey } from './attempt-key';
import type { ActivityDeps } from './deps';

const ENDED: readonly string[] = ['canceled', 'incomplete_expired'];

export interface MarkRequest {
  readonly entry: ImportEntry;
  readonly catalogVersion: string;
}

export function createImportStripeActivities(deps: ActivityDeps) {
  const { stripe } = deps;
  return {
    /** Reads, and writes nothing. */
    readImport: (entry: ImportEntry): Promise<ImportReading> => readImport(deps, entry),

    /** Classic billing mode becomes flexible. What is flexible already stays as it is. */
    migrateSubscription: (subscription: string): Promise<void> => migrate(stripe, subscription),

    /** The price says of which plan it is the base price. Whoever had another plan keeps it. */
    markPrice: ({ entry }: MarkRequest): Promise<void> => markPrice(stripe, entry),

    /** The subscription says whose it is, of which plan and by which catalog. */
    markSubscription: async ({ entry, catalogVersion }: MarkRequest): Promise<void> => {
      const metadata = {
        [CUSTOMER_METADATA_KEY]: entry.customer,
        [PLAN_METADATA_KEY]: entry.plan,
        [CATALOG_METADATA_KEY]: catalogVersion,
      };
      await stripe.subscriptions.update(
        entry.subscription,
        { metadata },
        { idempotencyKey: attemptKey(importKey(entry.subscription, 'mark')) },
      );
    },

    /** Takes the items of our rates off again, on which nothing was reported, and the marks. */
    unmarkSubscription: (subscription: string): Promise<void> => unmark(stripe, subscription),
  };
}

async function readImport(
  { stripe, catalog, now }: ActivityDeps,
  entry: ImportEntry,
): Promise<ImportReading> {
  const facts = await readSubscriptionFacts(stripe, entry.subscription);
  const { data: siblings } = await stripe.subscriptions.list({
    customer: facts.stripeCustomerId,
    limit: 100,
  });
  const { data: drafts } = await stripe.invoices.list({
    subscription: entry.subscription,
    status: 'draft',
    limit: 1,
  });
  const lasting = siblings.filter(({ status }) => !ENDED.includes(status)).length;
  const time = await timeAt(createClocks(stripe), facts.testClock, new Date(now()));
  const { email, name, testClock, period } = facts;
  return {
    faults: faultsSince(facts, entry, catalog, lasting),
    period: period ?? { start: 0, end: 0 },
    now: Math.floor(time.getTime() / 1000),
    hasDraft: drafts.length > 0,
    ...{ email, name, testClock },
  };
}

async function migrate(stripe: Stripe, id: string): Promise<void> {
  const { billing_mode: mode } = await stripe.subscriptions.retrieve(id);
  if (mode.type === 'flexible') return;
  await stripe.subscriptions.migrate(
    id,
    { billing_mode: { type: 'flexible' } },
    { idempotencyKey: attemptKey(importKey(id, 'migrate')) },
  );
}

async function markPrice(stripe: Stripe, { price: id, plan }: ImportEntry): Promise<void> {
  const { metadata } = await stripe.prices.retrieve(id);
  if (metadata[PLAN_METADATA_KEY] === plan) return;
  await stripe.prices.update(
    id,
    { metadata: { [PLAN_METADATA_KEY]: plan } },
    { idempotencyKey: attemptKey(importKey(id, `price:${plan}`)) },
  );
}

async function unmark(stripe: Stripe, id: string): Promise<void> {
  const subscription = await readSubscriptionWhole(stripe, id);
  if (ENDED.includes(subscription.status)) return;
  const items = itemsOf(createPriceBook(stripe), subscription);
  const added = items.filter(({ rateId }) => rateId !== null);
  await stripe.subscriptions.update(
    id,
    {
      items: added.map((item) => ({ id: item.id, deleted: true })),
      proration_behavior: 'none',
      metadata: {
        [CUSTOMER_METADATA_KEY]: '',
        [PLAN_METADATA_KEY]: '',
        [CATALOG_METADATA_KEY]: '',
      },
    },
    { idempotencyKey: attemptKey(importKey(id, 'unmark')) },
  );
}
