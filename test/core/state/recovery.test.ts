/** Goal: a run that was begun again follows what the lost one was told of, perhaps in vain. */
import { emptyBillingState, upcast } from '../../../src/core/state/billing-state';
import type { BillingState } from '../../../src/core/state/billing-state';
import { billRestLater, goOnFrom, settleRecorded } from '../../../src/core/state/recovery';
import { hintSubject } from '../../../src/core/state/stripe-event';
import {
  aLateItem,
  aMeteredLine,
  anInvoice,
  aPeriod,
  aState,
  FEBRUARY,
  JANUARY,
  MARCH,
} from '../../support/builders/builders';
import type { PeriodState } from '../../../src/core/state/period-state';
import { isSubscriptionOf, NO_TOKENS } from '../../../src/core/state/periods';
import type { ResolutionKind } from '../../../src/core/state/remembered';
import { describeDifferences } from '../../../src/core/proof/differences';
import type { Difference } from '../../../src/core/proof/difference-row';

test('invoices, and charges of which money came back, are read again', () => {
  const past = {
    ...{ snapshot: aState(), periods: [], firstSequence: 1, lastSequence: 0 },
    ...{ settlements: [], resolutions: [], invoices: ['in_1'], charges: ['ch_1', 'dp_1'] },
  };
  const { stripeEvents } = goOnFrom(emptyBillingState('ada'), past, []);
  expect(stripeEvents.map(({ type, objectId }) => [hintSubject(type), objectId])).toEqual([
    ['invoice', 'in_1'],
    ['charge', 'ch_1'],
    ['charge', 'dp_1'],
  ]);
});

const DIFFERENT = [{ what: 'total', ledger: 2900, workflow: 2900, meter: null, invoice: 3400 }];

const decided = (kind: ResolutionKind, differences: readonly Difference[] = DIFFERENT) => ({
  exception: { kind: 'invoice_differs' as const, subject: 'in_1', since: 1 },
  resolution: { kind, reason: 'agreed by mail', by: 'grace' },
  differences,
});

/** What is settled of the period of in_1 after these decisions. */
function settledAfter(...resolutions: ReturnType<typeof decided>[]): string | undefined {
  const invoice = { id: 'in_1', status: 'draft' as const, totalCents: 3400 };
  const snapshot = aState({ periods: [aPeriod({ phase: 'closing', invoice })] });
  const past = {
    ...{ snapshot, periods: [], firstSequence: 1, lastSequence: 0 },
    ...{ settlements: [], resolutions, invoices: [] },
  };
  return goOnFrom(emptyBillingState('ada'), past, []).periods[0]?.settlement;
}

test.each(['accept_stripe', 'write_off'] as const)('what was settled by %s stays so', (kind) => {
  expect(settledAfter(decided(kind))).toBe(describeDifferences(DIFFERENT));
});

test.each(['retry', 'correct'] as const)('%s accepts no difference', (kind) => {
  expect(settledAfter(decided(kind))).toBeUndefined();
});

test('the last of several decisions counts', () => {
  const other = DIFFERENT.map((one) => ({ ...one, invoice: 3500 }));
  const all = [decided('accept_stripe'), decided('accept_stripe', other), decided('retry')];
  expect(settledAfter(...all)).toBe(describeDifferences(other));
});

test('what was accepted once its usage was counted is kept, too, of the last acceptance', () => {
  const other = DIFFERENT.map((one) => ({ ...one, invoice: 3500 }));
  const settled = { settlement: describeDifferences(other), settledAtEnd: 'total: 3450' };
  const invoice = { id: 'in_1', status: 'draft' as const, totalCents: 3400 };
  const snapshot = aState({ periods: [aPeriod({ phase: 'closing', invoice, ...settled })] });
  const past = {
    ...{ snapshot, periods: [], firstSequence: 1, lastSequence: 0, settlements: [], invoices: [] },
    resolutions: [decided('accept_stripe'), decided('accept_stripe', other)],
  };
  expect(goOnFrom(emptyBillingState('ada'), past, []).periods[0]).toMatchObject(settled);
});

describe('an acceptance on record', () => {
  const invoice = (id: string) => ({ id, status: 'draft' as const, totalCents: 3400 });
  const settled = (...resolutions: ReturnType<typeof decided>[]) => {
    const periods = [
      aPeriod({ invoice: invoice('in_0') }),
      aPeriod({ start: FEBRUARY, end: MARCH, invoice: invoice('in_1') }),
    ];
    const past = {
      ...{ snapshot: aState({ periods }), periods: [], firstSequence: 1, lastSequence: 0 },
      ...{ settlements: [], resolutions, invoices: [] },
    };
    const on = goOnFrom(emptyBillingState('ada'), past, []);
    return on.periods.map(({ settlement }) => settlement !== undefined);
  };
  const about = (exception: object) => ({
    ...decided('accept_stripe'),
    exception: { ...decided('accept_stripe').exception, ...exception },
  });

  test('settles the period of its invoice', () => {
    expect(settled(about({}))).toEqual([false, true]);
  });

  test('of another kind settles none', () => {
    expect(settled(about({ kind: 'invoice_gone' }))).toEqual([false, false]);
  });

  test('holds, though another invoice’s, or another kind, follows', () => {
    expect(settled(about({}), about({ subject: 'in_9' }))).toEqual([false, true]);
    expect(settled(about({}), about({ kind: 'invoice_gone' }))).toEqual([false, true]);
  });
});

test('a subscription is the customer’s if any of its periods is', () => {
  const old = aPeriod({ subscriptionId: 'sub_old' });
  const state = aState({ periods: [old, aPeriod({ start: FEBRUARY, end: MARCH })] });
  expect(['sub_ada', 'sub_old', 'sub_new'].map((id) => isSubscriptionOf(state, id))).toEqual([
    ...[true, true, false],
  ]);
});

describe('late usage that is on record as settled', () => {
  const RATE = 'overage_standard';
  const item = aLateItem({ key: `late:sub_ada:${JANUARY}:${RATE}:2:in_feb` });
  const settled = (january: Partial<PeriodState>) =>
    settleRecorded(
      aState({
        periods: [aPeriod(january)],
        recovering: {
          ...{ untilSequence: 9, invoices: [], settlements: [{ item, invoiceId: null }] },
        },
      }),
    ).periods[0];

  test('beside what was settled before is not moved where it was counted as late', () => {
    const late = { [RATE]: { tokens: 60_000, settledTokens: 10_000, settlements: 1 } };
    expect(settled({ late })).toEqual(
      aPeriod({ late: { [RATE]: { tokens: 60_000, settledTokens: 60_000, settlements: 2 } } }),
    );
  });

  test('of a final period moves nothing, though other tokens were counted', () => {
    const late = { [RATE]: { tokens: 40_000, settledTokens: 10_000, settlements: 1 } };
    expect(settled({ phase: 'paid', late })).toMatchObject({
      ...{ rates: {}, late: { [RATE]: { tokens: 40_000, settledTokens: 60_000 } } },
    });
  });
});

test('an invoice that bills one rate as the meter has it, and another not, is an operator’s', () => {
  const rate = (reportedTokens: number) => ({ ...NO_TOKENS, tokens: 9, reportedTokens });
  const rates = { acme: rate(5), globex: rate(7) };
  const recovering = { untilSequence: 9, settlements: [], invoices: [] };
  const state = aState({ periods: [aPeriod({ rates })], recovering });
  const invoice = anInvoice({
    lines: [aMeteredLine(5, { rateId: 'acme' }), aMeteredLine(6, { rateId: 'globex' })],
  });
  expect(billRestLater(state, JANUARY, invoice)).toBe(state);
});

test('a state that a later release wrote is refused by a name that a worker knows', () => {
  const later = { ...aState(), schemaVersion: 99 } as unknown as BillingState;
  expect(() => upcast(later)).toThrow(expect.objectContaining({ name: 'StateOfAnotherRelease' }));
});
