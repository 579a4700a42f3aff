/**
 * Goal: a subscription is taken over only where Tollkeeper would bill it to the cent; of every
 * other all reasons are told.
 */
import { judge, LEFT_OUT_REASONS } from '../../../src/core/adoption/importable';
import type { LeftOutReason, PlanOffer } from '../../../src/core/adoption/importable';
import { planImport } from '../../../src/core/adoption/import-plan';
import type { ImportRequest } from '../../../src/core/adoption/import-plan';
import type { SubscriptionFacts } from '../../../src/core/adoption/subscription-facts';
import { anItem, someFacts } from '../../support/builders/subscription-facts';

const OFFER: PlanOffer = {
  currency: 'usd',
  plans: [
    { id: 'free', monthlyPriceCents: 0 },
    { id: 'starter', monthlyPriceCents: 2900 },
    { id: 'pro', monthlyPriceCents: 9900 },
    { id: 'pro_old', monthlyPriceCents: 9900 },
    { id: 'acme', monthlyPriceCents: 4900, vendor: 'acme' },
  ],
  priceMap: { price_named: 'pro_old', price_wrong: 'starter', price_gone: 'gold' },
  migratesClassic: false,
};
const REQUEST: ImportRequest = {
  ...OFFER,
  idSource: 'stripe',
  ours: new Map(),
  takenIds: new Set(),
};

const reasonsOf = (facts: SubscriptionFacts): LeftOutReason[] => {
  const verdict = judge(facts, OFFER);
  return 'leftOut' in verdict ? verdict.leftOut.map(({ reason }) => reason) : [];
};

const CASES: readonly (readonly [LeftOutReason, string, Partial<SubscriptionFacts>])[] = [
  ['ended', 'canceled', { status: 'canceled' }],
  ['ended', 'never paid', { status: 'incomplete_expired' }],
  ['incomplete', 'not paid yet', { status: 'incomplete' }],
  ['trialing', 'on trial', { status: 'trialing' }],
  ['past_due', 'past due', { status: 'past_due' }],
  ['past_due', 'unpaid', { status: 'unpaid' }],
  ['paused', 'paused', { status: 'paused' }],
  ['paused', 'not collected', { isPaused: true }],
  ['ending', 'about to end', { isEnding: true }],
  ['customer_deleted', 'without a customer', { isCustomerDeleted: true }],
  ['scheduled', 'on a schedule', { isScheduled: true }],
  ['change_waits', 'waiting for a change', { isChanging: true }],
  ['several_items', 'of two items', { items: [anItem(), anItem({ priceId: 'price_2' })] }],
  ['several_items', 'of no item', { items: [] }],
  ['metered', 'metered', { items: [anItem({ isMetered: true })] }],
  ['not_monthly', 'annual', { items: [anItem({ interval: 'year' })] }],
  ['not_monthly', 'quarterly', { items: [anItem({ intervalCount: 3 })] }],
  ['quantity', 'of three seats', { items: [anItem({ quantity: 3 })] }],
  ['other_currency', 'in euros', { items: [anItem({ currency: 'eur' })] }],
  ['unknown_price', 'of a price of nobody', { items: [anItem({ unitCents: 1234 })] }],
  ['unknown_price', 'of a price of two plans', { items: [anItem({ unitCents: 9900 })] }],
  ['unknown_price', 'of tiers', { items: [anItem({ unitCents: null })] }],
  ['unknown_price', "of a vendor's price", { items: [anItem({ unitCents: 4900 })] }],
  [
    'price_differs',
    'mapped to a dearer plan',
    { items: [anItem({ priceId: 'price_wrong', unitCents: 1900 })] },
  ],
  [
    'price_differs',
    'mapped to a plan that is gone',
    { items: [anItem({ priceId: 'price_gone' })] },
  ],
  ['invoiced', 'paid by invoice', { isInvoiced: true }],
  ['discounted', 'discounted', { isDiscounted: true }],
  ['taxed', 'taxed', { isTaxed: true }],
  ['connected', 'shared', { isConnected: true }],
  ['invoiced_between', 'invoiced at thresholds', { isInvoicedBetween: true }],
  ['classic', 'classic', { isClassic: true }],
];

test.each(CASES)('%s: a subscription that is %s is left out', (reason, _is, facts) => {
  expect(reasonsOf(someFacts(facts))).toEqual([reason]);
});

test('every reason of a subscription is told, in a fixed order', () => {
  const facts = someFacts({
    ...{ status: 'trialing', isTaxed: true, isScheduled: true },
    items: [anItem({ interval: 'year', quantity: 2 })],
  });
  expect(reasonsOf(facts)).toEqual(['trialing', 'scheduled', 'taxed', 'not_monthly', 'quantity']);
});

test.each([
  ['what it costs', anItem(), 'starter', 'amount'],
  ['nothing', anItem({ unitCents: 0 }), 'free', 'amount'],
  ['its metadata', anItem({ planId: 'pro', unitCents: 9900 }), 'pro', 'metadata'],
  ['the operator', anItem({ priceId: 'price_named', unitCents: 9900 }), 'pro_old', 'map'],
] as const)('the plan is told by %s', (_by, item, planId, by) => {
  expect(judge(someFacts({ items: [item] }), OFFER)).toEqual({ planId, item, by });
});

test('a price called constructor is mapped to nothing', () => {
  const facts = someFacts({ items: [anItem({ priceId: 'constructor', unitCents: 1 })] });
  expect(reasonsOf(facts)).toEqual(['unknown_price']);
});

describe('the whole account', () => {
  const reasons = (facts: readonly SubscriptionFacts[], request = REQUEST) =>
    planImport(facts, request).leftOut.map(({ subscription, reasons: all }) => [
      subscription,
      ...all.map(({ reason }) => reason),
    ]);

  test('the file is the same in whatever order Stripe lists them', () => {
    const facts = ['sub_c', 'sub_a', 'sub_b'].map((subscriptionId, index) =>
      someFacts({ subscriptionId, stripeCustomerId: `cus_${index}` }),
    );
    const plan = planImport(facts, REQUEST);
    expect(plan).toEqual(planImport([...facts].reverse(), REQUEST));
    expect(plan.customers.map(({ subscription }) => subscription)).toEqual([
      ...['sub_a', 'sub_b', 'sub_c'],
    ]);
  });

  test('a customer of two subscriptions is left out with both, one that ended does not count', () => {
    const facts = [
      someFacts({ subscriptionId: 'sub_1', stripeCustomerId: 'cus_two' }),
      someFacts({ subscriptionId: 'sub_2', stripeCustomerId: 'cus_two' }),
      someFacts({ subscriptionId: 'sub_3', stripeCustomerId: 'cus_one' }),
      someFacts({ subscriptionId: 'sub_4', stripeCustomerId: 'cus_one', status: 'canceled' }),
    ];
    expect(reasons(facts)).toEqual([
      ['sub_1', 'several_subscriptions', 'customer_id_taken'],
      ['sub_2', 'several_subscriptions', 'customer_id_taken'],
      ['sub_4', 'ended'],
    ]);
  });

  test('what is ours is left alone, however it says so', () => {
    const facts = [
      someFacts({ subscriptionId: 'sub_1', stripeCustomerId: 'cus_1' }),
      someFacts({
        ...{ subscriptionId: 'sub_2', stripeCustomerId: 'cus_2' },
        metadata: { tollkeeper_customer: 'ada' },
      }),
    ];
    const request = { ...REQUEST, ours: new Map([['sub_1', 'bob']]) };
    expect(reasons(facts, request)).toEqual([
      ['sub_1', 'already_ours'],
      ['sub_2', 'already_ours'],
    ]);
  });

  test('an id comes from where the operator says, and belongs to one', () => {
    const facts = [
      someFacts({ subscriptionId: 'sub_1', stripeCustomerId: 'cus_1', metadata: { app: 'ada' } }),
      someFacts({
        ...{ subscriptionId: 'sub_2', stripeCustomerId: 'cus_2' },
        customerMetadata: { app: 'bob' },
      }),
      someFacts({ subscriptionId: 'sub_3', stripeCustomerId: 'cus_3', metadata: { app: 'a b' } }),
      someFacts({ subscriptionId: 'sub_4', stripeCustomerId: 'cus_4', metadata: { app: 'eve' } }),
      someFacts({ subscriptionId: 'sub_5', stripeCustomerId: 'cus_5', metadata: { app: 'eve' } }),
      someFacts({ subscriptionId: 'sub_6', stripeCustomerId: 'cus_6', metadata: { app: 'zoe' } }),
    ];
    const request = {
      ...REQUEST,
      idSource: 'metadata:app' as const,
      takenIds: new Set(['zoe']),
    };
    expect(planImport(facts, request).customers.map(({ customer }) => customer)).toEqual([
      ...['ada', 'bob'],
    ]);
    expect(reasons(facts, request)).toEqual([
      ['sub_3', 'no_customer_id'],
      ['sub_4', 'customer_id_taken'],
      ['sub_5', 'customer_id_taken'],
      ['sub_6', 'customer_id_taken'],
    ]);
  });
});

test('each reason has a case here', () => {
  const elsewhere = [
    'already_ours',
    'several_subscriptions',
    'no_customer_id',
    'customer_id_taken',
  ];
  const cases = new Set<string>([...CASES.map(([reason]) => reason), ...elsewhere]);
  expect(LEFT_OUT_REASONS.filter((reason) => !cases.has(reason))).toEqual([]);
});

test('classic billing mode is taken over where it may be migrated, and the file says so', () => {
  const facts = [
    someFacts({ isClassic: true }),
    someFacts({ subscriptionId: 'sub_2', stripeCustomerId: 'cus_2' }),
  ];
  const { customers } = planImport(facts, { ...REQUEST, migratesClassic: true });
  expect(customers.map(({ migrate }) => migrate)).toEqual([true, undefined]);
  expect(planImport(facts, REQUEST).leftOut.map(({ reasons }) => reasons[0]?.reason)).toEqual([
    'classic',
  ]);
});
