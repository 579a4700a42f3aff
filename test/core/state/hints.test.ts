/** Goal: what Stripe tells is followed once for each object, and what is refused delays nobody. */
import {
  hasFreshHint,
  hintDrafts,
  hintSubscription,
  hintSubscriptionAfresh,
  ourHint,
  putBackHint,
  queueHint,
  takeHint,
} from '../../../src/core/state/hints';
import { mayBill } from '../../../src/core/state/may-bill';
import { hintSubject, isAccountEvent } from '../../../src/core/state/stripe-event';
import type { QueuedHint } from '../../../src/core/state/remembered';
import { aPeriod, aState } from '../../support/builders/builders';

const hint = (objectId: string, is: Partial<QueuedHint> = {}): QueuedHint => ({
  ...{ id: `evt_${objectId}`, type: 'invoice.paid', objectId, created: 5, ...is },
});
const queue = (...stripeEvents: QueuedHint[]) => aState({ stripeEvents });
const idsOf = ({ stripeEvents }: ReturnType<typeof queue>) =>
  stripeEvents.map(({ objectId }) => objectId);

test.each([
  ['invoice.paid', 'invoice'],
  ['invoice.upcoming', undefined],
  ['customer.subscription.updated', 'subscription'],
  ['checkout.session.completed', 'checkout'],
  ['checkout.session.expired', undefined],
  ['charge.refunded', 'charge'],
  ['charge.dispute.created', 'charge'],
  ['charge.succeeded', 'charge'],
  ['charge.failed', undefined],
  ['v1.billing.meter.error_report_triggered', 'report'],
  ['v1.billing.meter.no_meter_found', 'report'],
  ['customer.updated', 'card'],
  ['customer.created', undefined],
  ['my.invoice.paid', undefined],
])('%s makes us read: %s', (type, subject) => {
  expect(hintSubject(type)).toBe(subject);
});

test.each([
  ['account.updated', true],
  ['account.application.deauthorized', true],
  ['capability.updated', true],
  ['payout.failed', true],
  ['payout.paid', false],
])('%s is about a vendor’s account: %s', (type, isIt) => {
  expect(isAccountEvent(type)).toBe(isIt);
});

describe('hints are queued', () => {
  test('in the order that they came, one for each object', () => {
    const state = ['a', 'b', 'a'].map((id) => hint(id)).reduce(queueHint, aState());
    expect(idsOf(state)).toEqual(['a', 'b']);
  });

  test('if there is something to read', () => {
    const state = queue(hint('a'));
    expect(queueHint(state, hint('b', { type: 'customer.created' }))).toBe(state);
  });

  test('by ourselves under a name that says so', () => {
    const ours = { id: 'our own', type: 'customer.subscription.updated', created: 0 };
    expect(hintSubscription(aState()).stripeEvents).toEqual([{ ...ours, objectId: 'sub_ada' }]);
    const unknown = aState({ subscriptionId: null });
    expect(hintSubscription(unknown)).toBe(unknown);
  });

  test('of each draft that the run before has looked at', () => {
    const invoice = { id: 'in_feb', status: 'draft', totalCents: 0 };
    const periods = [
      aPeriod({ invoice: { ...invoice, id: 'in_jan', status: 'open' } }),
      aPeriod({ invoice }),
      aPeriod(),
    ];
    const { stripeEvents } = hintDrafts(aState({ periods }));
    expect(stripeEvents).toEqual([ourHint('invoice.updated', 'in_feb')]);
  });

  test('of the subscription anew, where it was refused and somebody waits', () => {
    const refused = hint('sub_ada', { refusedAt: 9 });
    const afresh = hintSubscriptionAfresh(queue(refused, hint('a', { refusedAt: 9 })));
    expect(afresh.stripeEvents.map(({ objectId, refusedAt }) => [objectId, refusedAt])).toEqual([
      ['a', 9],
      ['sub_ada', undefined],
    ]);
    const fresh = queue(hint('sub_ada'));
    expect(hintSubscriptionAfresh(fresh).stripeEvents).toEqual(fresh.stripeEvents);
  });
});

describe('hints are followed', () => {
  test('the first that was not refused, and none waits for those that were', () => {
    const [next, state] = takeHint(queue(hint('a', { refusedAt: 1 }), hint('b'), hint('c')));
    expect(next).toEqual(hint('b'));
    expect(idsOf(state)).toEqual(['a', 'c']);
  });

  test('then the one whose refusal is longest ago, as it came', () => {
    const [next, state] = takeHint(queue(hint('a', { refusedAt: 7 }), hint('b', { refusedAt: 3 })));
    expect(next).toEqual(hint('b'));
    expect(next).not.toHaveProperty('refusedAt');
    expect(idsOf(state)).toEqual(['a']);
  });

  test('none of none', () => {
    const state = aState();
    expect(takeHint(state)).toEqual([undefined, state]);
  });

  test('it is known whether one is fresh', () => {
    expect(hasFreshHint(queue(hint('a', { refusedAt: 1 })))).toBe(false);
    expect(hasFreshHint(queue(hint('a', { refusedAt: 1 }), hint('b')))).toBe(true);
    expect(hasFreshHint(aState())).toBe(false);
  });
});

describe('what could not be followed is put back', () => {
  test('behind all others, once', () => {
    const state = putBackHint(queue(hint('a'), hint('b')), hint('a'));
    expect(idsOf(state)).toEqual(['b', 'a']);
  });

  test('with when it was refused, unless news of it have come', () => {
    const refused = hint('a', { refusedAt: 4 });
    expect(putBackHint(queue(hint('b')), refused).stripeEvents).toEqual([hint('b'), refused]);
    const news = queue(hint('b'), hint('a'));
    expect(putBackHint(news, refused)).toBe(news);
  });
});

describe('nothing becomes money', () => {
  const behind = { kind: 'ledger_behind', subject: 'ada', message: 'x', since: 1 } as const;

  test('while a run that was begun again catches up, or the ledger is behind', () => {
    expect(mayBill(aState())).toBe(true);
    const recovering = { untilSequence: 1, settlements: [], invoices: [] };
    expect(mayBill(aState({ recovering }))).toBe(false);
    expect(mayBill(aState({ exceptions: [behind] }))).toBe(false);
  });

  test('what else is open stops nothing', () => {
    expect(mayBill(aState({ exceptions: [{ ...behind, kind: 'invoice_differs' }] }))).toBe(true);
    expect(mayBill(aState({ exceptions: [{ ...behind, subject: 'bo' }] }))).toBe(true);
  });
});
