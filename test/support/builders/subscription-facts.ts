/** A subscription that can be taken over, and what of it a test says otherwise. */
import type { ItemFacts, SubscriptionFacts } from '../../../src/core/adoption/subscription-facts';

export const anItem = (overrides: Partial<ItemFacts> = {}): ItemFacts => ({
  priceId: 'price_flat29',
  currency: 'usd',
  unitCents: 2900,
  isMetered: false,
  interval: 'month',
  intervalCount: 1,
  quantity: 1,
  planId: null,
  isRate: false,
  ...overrides,
});

export const someFacts = (overrides: Partial<SubscriptionFacts> = {}): SubscriptionFacts => ({
  subscriptionId: 'sub_1',
  stripeCustomerId: 'cus_1',
  status: 'active',
  currency: 'usd',
  items: [anItem()],
  email: 'ada@example.com',
  name: 'Ada',
  customerMetadata: {},
  metadata: {},
  testClock: null,
  ...{ isCustomerDeleted: false, isInvoiced: false, isPaused: false, isEnding: false },
  ...{ isScheduled: false, isChanging: false, isDiscounted: false, isTaxed: false },
  ...{ isConnected: false, isClassic: false, isInvoicedBetween: false },
  period: { start: 1_767_225_600, end: 1_769_904_000 },
  ...overrides,
});
