/** Changes of a subscription at Stripe that leave alone what they are not about. */
import type Stripe from 'stripe';
import { applyChange } from '../../activities/subscription-changes';
import { startStripeSandbox } from '../../src/dev/stripe-sandbox/server';
import { loadCatalog } from '../../src/stripe/catalog-file';
import { pushCatalog } from '../../src/stripe/catalog-push';
import { createStripe } from '../../src/stripe/client';
import { createPlanSubscription } from '../../src/stripe/customer-setup';

let stripe: Stripe;
let stop: () => Promise<void>;
beforeAll(async () => {
  const sandbox = await startStripeSandbox();
  stop = () => sandbox.close();
  stripe = createStripe({ secretKey: 'sk_test_changes', apiBase: sandbox.url });
});
afterAll(() => stop());

test('taking a cancellation back leaves a pause of the collection as it is', async () => {
  const catalog = await loadCatalog('catalog.yaml');
  await pushCatalog(stripe, catalog);
  const { id: customer } = await stripe.customers.create();
  const now = new Date();
  const { id } = await createPlanSubscription(stripe, catalog, customer, {
    ...{ customer: 'ada', email: 'ada@example.com', name: null, plan: 'pay_as_you_go' },
    ...{ testClock: null, trialDays: null, firstTriedAt: now, now },
  });
  const update = (params: Stripe.SubscriptionUpdateParams) =>
    stripe.subscriptions.update(id, params);
  await update({ pause_collection: { behavior: 'void' } });
  const leaving = await update({ cancel_at_period_end: true });
  await applyChange(stripe, leaving, { action: 'keep' }, {});
  const kept = await stripe.subscriptions.retrieve(id);
  expect([kept.cancel_at_period_end, kept.pause_collection?.behavior]).toEqual([false, 'void']);
});
