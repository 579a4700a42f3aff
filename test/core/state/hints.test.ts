/** Goal: what Stripe tells is followed once for each object, and what is refused delays nobody. */
import fc from 'fast-check';
import {
  hasFreshHint,
  hintAll,
  hintDrafts,
  hintSubscription,
  hintSubscriptionAfresh,
  isLeftOut,
  LEFT_OUT,
  leaveOut,
  ourHint,
  putBackHint,
  queueHint,
  takeCovered,
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

test('everything that is known of at Stripe is asked for, each once', () => {
  const invoice = { id: 'in_feb', status: 'open', totalCents: 0 };
  const state = aState({
    archived: [aPeriod({ invoice: { ...invoice, id: 'in_jan' } })],
    periods: [aPeriod({ invoice }), aPeriod()],
    dunning: ['in_feb', 'in_old'].map((invoiceId) => ({
      ...{ invoiceId, day: null, access: 'warned', isGivenUp: false },
    })),
    moneyBack: [{ chargeId: 'ch_1', invoiceId: null, refundedCents: 1, disputes: [] }],
  });
  expect(hintAll(state).stripeEvents).toEqual([
    ourHint('customer.subscription.updated', 'sub_ada'),
    ...['in_jan', 'in_feb', 'in_old'].map((id) => ourHint('invoice.updated', id)),
    ourHint('charge.refunded', 'ch_1'),
  ]);
});

describe('an event that is too long to wait', () => {
  const long = hint('in_1', { id: 'evt_'.padEnd(600, 'x') });

  test('is left out, unless its object is read anyway, or it says nothing to us', () => {
    expect(isLeftOut(aState(), long)).toBe(true);
    expect(isLeftOut(queue(hint('in_1')), long)).toBe(false);
    expect(isLeftOut(aState(), { ...long, type: 'customer.created' })).toBe(false);
  });

  test('is so from 501 characters on', () => {
    const rest = 500 - JSON.stringify(hint('in_1', { id: '' })).length;
    expect(isLeftOut(aState(), hint('in_1', { id: 'x'.repeat(rest) }))).toBe(false);
    expect(isLeftOut(aState(), hint('in_1', { id: 'x'.repeat(rest + 1) }))).toBe(true);
  });

  test('is told with its number, the first and the latest, and what brings all back', () => {
    const first = leaveOut(queue(hint('in_7')), hint('in_1'), 5);
    const second = leaveOut(first, long, 6);
    expect(second.exceptions).toEqual([
      {
        ...{ ...LEFT_OUT, since: 5, rejected: { count: 2, first: 'invoice.paid evt_in_1' } },
        message:
          "2 of Stripe's events wait in the inbox only, since 1 objects wait to be read: the first " +
          `was invoice.paid evt_in_1, the latest invoice.paid evt_${'x'.repeat(182)}…. Once Stripe ` +
          'answers again, retry reads subscription and invoices anew; charges among them are to be ' +
          'looked at there.',
      },
    ]);
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

describe('a reading of the subscription is worth all hints of one', () => {
  const ofOne = { type: 'customer.subscription.updated' };

  test('that wait when it begins, whichever subscription they name', () => {
    const waiting = [hint('sub_ada', ofOne), hint('a'), hint('sub_new', ofOne)];
    const [covered, state] = takeCovered(queue(...waiting));
    expect(covered).toEqual([waiting[0], waiting[2]]);
    expect(idsOf(state)).toEqual(['a']);
  });

  test.each(['invoice.paid', 'checkout.session.completed', 'customer.updated', 'charge.refunded'])(
    'and of no %s, which has something done besides',
    (type) => {
      const state = queue(hint('a', { type }));
      expect(takeCovered(state)).toEqual([[], state]);
    },
  );

  test('and of none that is refused, which is told of until its own turn', () => {
    const state = queue(hint('sub_ada', { ...ofOne, refusedAt: 4 }));
    expect(takeCovered(state)).toEqual([[], state]);
  });

  test('and a reading that fails loses none, whatever waits', () => {
    const types = ['invoice.paid', ofOne.type, 'checkout.session.completed', 'customer.updated'];
    const oneHint = fc
      .tuple(fc.constantFrom(...types), fc.nat(9), fc.option(fc.nat(9), { nil: undefined }))
      .map(([type, number, refusedAt]) =>
        hint(`id_${number}`, { type, ...(refusedAt !== undefined && { refusedAt }) }),
      );
    fc.assert(
      fc.property(fc.array(oneHint), (hints) => {
        const state = hints.reduce(queueHint, aState());
        const [covered, left] = takeCovered(state);
        expect(left.stripeEvents.filter((one) => covered.includes(one))).toEqual([]);
        const { stripeEvents } = covered.reduce(putBackHint, left);
        expect(stripeEvents).toHaveLength(state.stripeEvents.length);
        expect(stripeEvents).toEqual(expect.arrayContaining([...state.stripeEvents]));
      }),
    );
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
