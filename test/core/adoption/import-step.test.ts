/**
 * Goal: a cut-over is at an edge of Stripe's periods, waits for the invoice before it, and carries
 * out nothing that has changed since it was reviewed.
 */
import { faultsSince, nextStep } from '../../../src/core/adoption/import-step';
import type { ImportReading } from '../../../src/core/adoption/import-step';
import type { ImportEntry } from '../../../src/core/adoption/import-plan';
import { anItem, someFacts } from '../../support/builders/subscription-facts';

const START = 1_767_225_600;
const END = 1_769_904_000;
const NEXT_END = 1_772_323_200;

const aReading = (overrides: Partial<ImportReading> = {}): ImportReading => ({
  ...{ faults: [], period: { start: START, end: END }, now: START + 3_600, hasDraft: false },
  ...{ email: null, name: null, testClock: null },
  ...overrides,
});
const NOT_WAITED = { billsFrom: null, looks: 0 };
const NOW = { want: 'bill', at: 'now' } as const;
const RENEWAL = { want: 'bill', at: 'renewal' } as const;

test('now: the period that runs is ours from its first second', () => {
  expect(nextStep(NOW, aReading(), NOT_WAITED)).toEqual({ do: 'take_over', billsFrom: START });
});

test('now: an invoice that has not left yet is waited for', () => {
  const reading = aReading({ hasDraft: true });
  expect(nextStep(NOW, reading, NOT_WAITED)).toEqual({
    ...{ do: 'wait', billsFrom: START, ms: 60_000 },
  });
});

test('at the renewal: it is waited for a day at most, and until the draft has left', () => {
  const wait = { do: 'wait', billsFrom: END };
  expect(nextStep(RENEWAL, aReading(), NOT_WAITED)).toEqual({ ...wait, ms: 86_400_000 });
  const late = aReading({ now: END - 600 });
  expect(nextStep(RENEWAL, late, NOT_WAITED)).toEqual({ ...wait, ms: 600_000 });
  const waited = { billsFrom: END, looks: 3 };
  // Stripe is a little behind with the next period, and then its draft waits for an hour.
  expect(nextStep(RENEWAL, aReading({ now: END + 5 }), waited)).toEqual({ ...wait, ms: 60_000 });
  const renewed = { period: { start: END, end: NEXT_END }, now: END + 60 };
  const drafted = aReading({ ...renewed, hasDraft: true });
  expect(nextStep(RENEWAL, drafted, waited)).toEqual({ ...wait, ms: 60_000 });
  expect(nextStep(RENEWAL, aReading(renewed), waited)).toEqual({
    ...{ do: 'take_over', billsFrom: END },
  });
});

test('an edge that has passed by is no other edge: it is refused, with what it leaves', () => {
  const reading = aReading({ period: { start: NEXT_END, end: NEXT_END + 2_678_400 } });
  const step = nextStep(RENEWAL, reading, { billsFrom: END, looks: 9 });
  expect(step.do).toBe('refuse');
  const { reason } = step as Extract<typeof step, { do: 'refuse' }>;
  expect(reason).toMatch(
    /^renewal_missed: .* from 2026-02-01T00:00:00Z on.* begun \(2026-03-01T00:00:00Z\)/,
  );
  expect(reason).toMatch(/import compare shows what it comes to$/);
});

test('a test clock is looked at often: it may be moved at any moment', () => {
  const reading = aReading({ testClock: 'clock_1' });
  const patience = (looks: number) => {
    const step = nextStep(RENEWAL, reading, { billsFrom: END, looks });
    return step.do === 'wait' && step.ms;
  };
  expect([0, 1, 20].map(patience)).toEqual([2_000, 4_000, 60_000]);
});

test('who is observed waits for nothing', () => {
  const reading = aReading({ hasDraft: true });
  expect(nextStep({ want: 'observe', at: 'renewal' }, reading, NOT_WAITED)).toEqual({
    do: 'observe',
  });
});

test('what is at fault is refused with every reason', () => {
  const faults = [
    { reason: 'ending', detail: 'a time is set at which it ends' },
    { reason: 'taxed', detail: 'tax is added to it' },
  ] as const;
  expect(nextStep(NOW, aReading({ faults }), NOT_WAITED)).toEqual({
    do: 'refuse',
    reason: 'ending: a time is set at which it ends; taxed: tax is added to it',
  });
});

describe('what has changed since the review', () => {
  const ENTRY: ImportEntry = {
    ...{ subscription: 'sub_1', stripeCustomer: 'cus_1', customer: 'ada', plan: 'starter' },
    ...{ price: 'price_flat29', by: 'amount' },
  };
  const offer = { currency: 'usd', plans: [{ id: 'starter', monthlyPriceCents: 2900 }] };
  const reasons = (facts = someFacts(), subscriptions = 1) =>
    faultsSince(facts, ENTRY, offer, subscriptions).map(({ reason }) => reason);

  test('nothing: nothing is refused', () => expect(reasons()).toEqual([]));

  test('an import that broke off goes on with its own mark', () => {
    expect(reasons(someFacts({ metadata: { tollkeeper_customer: 'ada' } }))).toEqual([]);
    expect(reasons(someFacts({ metadata: { tollkeeper_customer: 'bob' } }))).toEqual([
      'already_ours',
    ]);
  });

  test('classic billing mode is migrated where the review says so, and nowhere else', () => {
    const classic = someFacts({ isClassic: true });
    expect(reasons(classic)).toEqual(['classic']);
    expect(faultsSince(classic, { ...ENTRY, migrate: true }, offer, 1)).toEqual([]);
    // Somebody has migrated it meanwhile.
    expect(faultsSince(someFacts(), { ...ENTRY, migrate: true }, offer, 1)).toEqual([]);
  });

  test.each([
    ['another price', someFacts({ items: [anItem({ priceId: 'price_2' })] }), 1, 'price_differs'],
    ['another customer', someFacts({ stripeCustomerId: 'cus_2' }), 1, 'already_ours'],
    ['a second subscription', someFacts(), 2, 'several_subscriptions'],
    ['an end to come', someFacts({ isEnding: true }), 1, 'ending'],
  ] as const)('%s is refused', (_what, facts, subscriptions, reason) => {
    expect(reasons(facts, subscriptions)).toEqual([reason]);
  });
});
