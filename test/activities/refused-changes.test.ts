/** Goal: who asks for what Stripe can't do to a subscription is told that, and not of a fault. */
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { createPlanChangeActivities } from '../../activities/plan-changes';
import type { StripeDeps } from '../../activities/deps';
import { changing } from '../../activities/refused-change';
import type { SubscriptionChange } from '../../src/core/subscription/plan-change';
import { loadCatalog } from '../../src/stripe/catalog-file';
import { createPriceBook } from '../../src/stripe/price-book';
import { customerOnClock, meterAndPrices, START, startStand } from '../support/sandbox/stand';
import type { Stand } from '../support/sandbox/stand';

let stand: Stand;
let id: string;
beforeEach(async () => {
  stand = await startStand();
  const { customer } = await customerOnClock(stand.stripe);
  const { items } = await meterAndPrices(stand.stripe, { eventName: 'tokens', baseCents: 2900 });
  ({ id } = await stand.stripe.subscriptions.create({ customer: customer.id, items }));
});
afterEach(() => stand.close());

let requests = 0;

async function ask(change: SubscriptionChange): Promise<void> {
  const catalog = await loadCatalog('catalog.yaml');
  const priceBook = createPriceBook(stand.stripe);
  const deps = { stripe: stand.stripe, catalog, priceBook } as StripeDeps;
  const { changeSubscription } = createPlanChangeActivities(deps);
  const environment = new MockActivityEnvironment({}, { logger: new DefaultLogger('ERROR') });
  const request = { customer: 'ada', subscriptionId: id, request: `r${(requests += 1)}`, change };
  await environment.run(() => changeSubscription(request));
}

const pauseUntil = (resumesAt: number | null) =>
  ask({ action: 'pause', behavior: 'void', resumesAt });

test.each([START, START - 1, -62_135_596_800])(
  'a pause until %i, which is over, is a request that can not be',
  async (resumesAt) => {
    await expect(pauseUntil(resumesAt)).rejects.toMatchObject({
      ...{ type: 'invalid_request', nonRetryable: true },
      message: expect.stringContaining("resumesAt is not after the customer's now"),
    });
    const { pause_collection: pause } = await stand.stripe.subscriptions.retrieve(id);
    expect(pause).toBeNull();
  },
);

test('what ended while it was asked for is no subscription to change any more', async () => {
  await stand.stripe.subscriptions.cancel(id);
  const ended = { type: 'subscription_not_active', nonRetryable: true };
  await expect(pauseUntil(null)).rejects.toMatchObject(ended);
  await expect(ask({ action: 'resume' })).rejects.toMatchObject(ended);
  const change = () => stand.stripe.subscriptions.update(id, { proration_behavior: 'none' });
  await expect(changing(stand.stripe, id, change)).rejects.toMatchObject(ended);
});

test('whatever else Stripe refuses stays its refusal', async () => {
  const change = () => stand.stripe.subscriptions.update(id, { items: [{ price: 'price_none' }] });
  await expect(changing(stand.stripe, id, change)).rejects.toMatchObject({
    ...{ statusCode: 400, param: 'items[0][price]' },
  });
});
