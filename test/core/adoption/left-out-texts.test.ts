/** Goal: whoever reviews an import reads of each subscription left out what was seen there. */
import { judge } from '../../../src/core/adoption/importable';
import type { LeftOut, PlanOffer } from '../../../src/core/adoption/importable';
import { faultsSince, describeWait } from '../../../src/core/adoption/import-step';
import { planImport, summaryOf } from '../../../src/core/adoption/import-plan';
import type { ImportEntry, ImportRequest } from '../../../src/core/adoption/import-plan';
import type { SubscriptionFacts } from '../../../src/core/adoption/subscription-facts';
import { anItem, someFacts } from '../../support/builders/subscription-facts';
import { FEBRUARY } from '../../support/builders/builders';

const OFFER: PlanOffer = {
  currency: 'usd',
  plans: [
    { id: 'starter', monthlyPriceCents: 2900 },
    { id: 'pro', monthlyPriceCents: 9900 },
    { id: 'pro_old', monthlyPriceCents: 9900 },
  ],
  priceMap: { price_wrong: 'starter', price_gone: 'gold' },
  migratesClassic: false,
};
const texts = (faults: readonly LeftOut[]): string[] =>
  faults.map(({ reason, detail }) => `${reason}: ${detail}`);

function seen(facts: Partial<SubscriptionFacts>): string[] {
  const verdict = judge(someFacts(facts), OFFER);
  return 'leftOut' in verdict ? texts(verdict.leftOut) : [];
}

test.each<[Partial<SubscriptionFacts>, string]>([
  [{ status: 'canceled' }, 'ended: it is canceled'],
  [{ status: 'incomplete' }, 'incomplete: its first payment is not there yet'],
  [{ status: 'trialing' }, 'trialing: it is on trial: plan again when that is over'],
  [{ status: 'unpaid' }, 'past_due: it is unpaid: whoever bills today settles that first'],
  [{ status: 'paused' }, 'paused: it is paused'],
  [{ isPaused: true }, 'paused: its collection is paused'],
  [{ isEnding: true }, 'ending: a time is set at which it ends'],
  [{ isCustomerDeleted: true }, 'customer_deleted: its customer was deleted at Stripe'],
  [{ isScheduled: true }, 'scheduled: a schedule changes it: release it from that first'],
  [{ isChanging: true }, 'change_waits: a change of it waits for its payment'],
  [{ isInvoiced: true }, 'invoiced: it is collected by invoice: expected a card to be charged'],
  [{ isDiscounted: true }, 'discounted: it or its customer has a discount'],
  [{ isTaxed: true }, 'taxed: tax is added to it'],
  [{ isConnected: true }, 'connected: it is shared with another Stripe account'],
  [{ isInvoicedBetween: true }, 'invoiced_between: it is invoiced between its renewals, too'],
  [
    { isClassic: true },
    'classic: its billing mode is classic: plan with --migrate to make it flexible',
  ],
  [{ items: [anItem(), anItem()] }, 'several_items: it has 2 items: expected one'],
])('of %j it is told %s', (facts, text) => {
  expect(seen(facts)).toEqual([text]);
});

test.each([
  [{ isMetered: true }, 'metered: its price price_flat29 bills usage already'],
  [{ interval: 'year' }, 'not_monthly: it renews every 1 year: expected every month'],
  [{ quantity: 3 }, 'quantity: its quantity is 3: expected 1'],
  [{ currency: 'eur' }, 'other_currency: it is in eur: the catalog is in usd'],
  [
    { unitCents: 1234 },
    'unknown_price: its price price_flat29 is $12.34: no plan costs as much, nor is one named',
  ],
  [
    { unitCents: null },
    'unknown_price: its price price_flat29 is no single amount: no plan costs as much, nor is ' +
      'one named',
  ],
  [
    { unitCents: 9900 },
    'unknown_price: its price price_flat29 is $99.00: pro and pro_old cost as much, name one',
  ],
  [
    { priceId: 'price_wrong', unitCents: 1900 },
    'price_differs: its price price_wrong is $19.00; plan starter is $29.00',
  ],
  [
    { priceId: 'price_gone' },
    'price_differs: its price price_gone is $29.00; plan gold is no longer in the catalog',
  ],
])('of an item with %j it is told %s', (item, text) => {
  expect(seen({ items: [anItem(item)] })).toEqual([text]);
});

test('a price that no plan has is not told where the item can’t be billed anyway', () => {
  expect(seen({ items: [anItem({ unitCents: 1234, quantity: 2 })] })).toEqual([
    'quantity: its quantity is 2: expected 1',
  ]);
  expect(seen({ status: 'canceled', items: [anItem({ unitCents: 1234 })] })).toEqual([
    'ended: it is canceled',
  ]);
});

describe('of the whole account', () => {
  const request = (change: Partial<ImportRequest> = {}): ImportRequest => ({
    ...OFFER,
    ...{ idSource: 'stripe', ours: new Map(), takenIds: new Set() },
    ...change,
  });
  const leftOut = (facts: readonly SubscriptionFacts[], change: Partial<ImportRequest> = {}) =>
    planImport(facts, request(change)).leftOut.flatMap(({ reasons }) => texts(reasons));
  const two = (change: Partial<SubscriptionFacts> = {}) => [
    someFacts({ subscriptionId: 'sub_1', stripeCustomerId: 'cus_1', ...change }),
    someFacts({ subscriptionId: 'sub_2', stripeCustomerId: 'cus_2', ...change }),
  ];

  test('whose it is already', () => {
    expect(leftOut([someFacts()], { ours: new Map([['sub_1', 'bob']]) })).toEqual([
      "already_ours: it is customer bob's already",
    ]);
  });

  test('that a rate of ours among its items is enough to leave it alone', () => {
    const rate = anItem({ priceId: 'price_rate', isRate: true, isMetered: true });
    expect(leftOut([someFacts({ items: [anItem(), rate] })])).toEqual([
      'already_ours: it has an item of one of our rates already',
      'several_items: it has 2 items: expected one',
    ]);
  });

  test('that the customer has several, whoever they belong to', () => {
    expect(leftOut(two({ stripeCustomerId: 'cus_1' }), { idSource: 'metadata:app' })).toEqual([
      'several_subscriptions: customer cus_1 has 2 subscriptions: expected one',
      'no_customer_id: it has no metadata:app that is an id: letters, digits or . _ : @ + -',
      'several_subscriptions: customer cus_1 has 2 subscriptions: expected one',
      'no_customer_id: it has no metadata:app that is an id: letters, digits or . _ : @ + -',
    ]);
  });

  test('nothing of a missing id where it is ours, and needs none', () => {
    const ours = new Map([['sub_1', 'bob']]);
    expect(leftOut([someFacts()], { idSource: 'metadata:app', ours })).toEqual([
      "already_ours: it is customer bob's already",
    ]);
  });

  test('that a subscription never paid counts for nobody', () => {
    const [paid, unpaid] = two({ stripeCustomerId: 'cus_1' });
    const facts = [paid, { ...unpaid, status: 'incomplete_expired' }] as SubscriptionFacts[];
    expect(leftOut(facts)).toEqual(['ended: it is incomplete_expired']);
  });

  test('that its id is taken, by a customer or by another subscription', () => {
    expect(leftOut([someFacts()], { takenIds: new Set(['cus_1']) })).toEqual([
      'customer_id_taken: there is a customer cus_1 already',
    ]);
    expect(leftOut(two(), { idSource: 'email' })).toEqual([
      'customer_id_taken: 2 subscriptions would be customer ada@example.com',
      'customer_id_taken: 2 subscriptions would be customer ada@example.com',
    ]);
  });

  test('who is taken over, by which id, plan and price', () => {
    const plan = planImport([someFacts()], request({ idSource: 'email' }));
    expect(plan).toEqual({
      customers: [
        {
          ...{ subscription: 'sub_1', stripeCustomer: 'cus_1', customer: 'ada@example.com' },
          ...{ plan: 'starter', price: 'price_flat29', by: 'amount' },
        },
      ],
      leftOut: [],
    });
  });

  test('how many there are of each plan and of each reason, by name', () => {
    const facts = (index: number, change: Partial<SubscriptionFacts>) =>
      someFacts({ subscriptionId: `sub_${index}`, stripeCustomerId: `cus_${index}`, ...change });
    const named = (planId: string) => ({ items: [anItem({ planId, unitCents: 9900 })] });
    const plan = planImport(
      [
        ...[facts(1, {}), facts(2, named('pro')), facts(3, named('pro_old')), facts(4, {})],
        ...[facts(5, { isTaxed: true }), facts(6, { isTaxed: true, isClassic: true })],
      ],
      request(),
    );
    const summary = summaryOf(plan);
    expect(summary).toEqual({
      ...{ customers: 4, migrated: 0, byPlan: { pro: 1, pro_old: 1, starter: 2 } },
      ...{ leftOut: 2, byReason: { classic: 1, taxed: 2 } },
    });
    expect([summary.byPlan, summary.byReason].map((counts) => Object.keys(counts))).toEqual([
      ['pro', 'pro_old', 'starter'],
      ['classic', 'taxed'],
    ]);
  });

  test('how many are migrated from classic billing is told by itself', () => {
    const entry = {
      subscription: 'sub_1',
      stripeCustomer: 'cus_1',
      customer: 'ada',
      plan: 'starter',
    };
    const customers: ImportEntry[] = [
      { ...entry, price: 'price_1', by: 'amount', migrate: true },
      { ...entry, price: 'price_1', by: 'amount' },
    ];
    const { migrated } = summaryOf({ ...planImport([], request()), customers });
    expect(migrated).toBe(1);
  });
});

describe('of an import under way', () => {
  const ENTRY: ImportEntry = {
    ...{ subscription: 'sub_1', stripeCustomer: 'cus_1', customer: 'ada', plan: 'starter' },
    ...{ price: 'price_flat29', by: 'amount' },
  };
  const since = (facts: Partial<SubscriptionFacts>, subscriptions = 1) =>
    texts(faultsSince(someFacts(facts), ENTRY, OFFER, subscriptions));

  test.each<[string, Partial<SubscriptionFacts>, number, string]>([
    [
      'somebody else’s mark',
      { metadata: { tollkeeper_customer: 'bob' } },
      ...([1, "already_ours: it is customer bob's by now"] as const),
    ],
    [
      'another customer',
      { stripeCustomerId: 'cus_2' },
      ...([1, "already_ours: it is cus_2's; the file says cus_1"] as const),
    ],
    [
      'another price',
      { items: [anItem({ priceId: 'price_2' })] },
      ...([1, 'price_differs: its price is price_2; the file says price_flat29'] as const),
    ],
    [
      'a second subscription',
      {},
      ...([2, 'several_subscriptions: its customer has 2 subscriptions: expected one'] as const),
    ],
  ])('%s is told beside what the file says', (_what, facts, subscriptions, text) => {
    expect(since(facts, subscriptions)).toEqual([text]);
  });

  test('the reviewed plan holds where several cost the same', () => {
    const pro = { ...ENTRY, plan: 'pro' };
    const facts = someFacts({ items: [anItem({ unitCents: 9900 })] });
    expect(faultsSince(facts, pro, OFFER, 1)).toEqual([]);
  });

  test('what is waited for is told by its first second', () => {
    expect(describeWait({ billsFrom: FEBRUARY })).toBe(
      'until the period from 2026-02-01T00:00:00Z on, and the invoice before it has left',
    );
  });
});
